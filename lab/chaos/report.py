"""The report of a run: a row of a table, and details in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lab.chaos.invocations import TIMED_OUT
from lab.chaos.outage import Service
from lab.chaos.tally import SOURCES, failures

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from lab.chaos.level import OutagePlan, Result

HEADER: Final = """\
| faults | operations | faults injected | deliveries late or twice | processes killed | requests | failed | \
dead letters | lost | stale | oldest image seen | settled after |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""
OUTAGE_HEADER: Final = """\
| failing | for | requests meanwhile | failed: edge cache | website | API | dead letters | \
notifications lost | lost | stale |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""

SERVING: Final = {
    Service.S3: {"edge"},
    Service.DYNAMODB: {"edge", "website"},
    Service.CLOUDFRONT: set(SOURCES),
    Service.SQS: set(SOURCES),
}
"""The sources that must answer every request while a service fails; of CloudFront only the invalidation API fails."""


def format_table(results: Iterable[Result]) -> Iterator[str]:
    """Yield the lines of a table of fault levels and of a table of outages; an empty table is left out."""
    listed = list(results)
    levels = [format_row(result) for result in listed if result.level.outage is None]
    outages = [format_row(result) for result in listed if result.level.outage]
    if levels:
        yield from (HEADER, *levels)
    if outages:
        yield from ("", OUTAGE_HEADER, *outages)


def name(result: Result) -> str:
    """Return the name of a run: its share of faults, or the failing service."""
    outage = result.level.outage
    return outage.service.value if outage else _percent(result.level.share)


def format_row(result: Result) -> str:
    """Return the row of a run."""
    outage = result.level.outage
    cells = _outage_cells(result, outage) if outage else _level_cells(result)
    return f"| {' | '.join(cells)} |"


def _level_cells(result: Result) -> tuple[str, ...]:
    requests = result.answers.total()
    return (
        name(result),
        f"{result.level.operations:,}",
        f"{result.faults.total():,}",
        f"{result.duplicated + result.delayed:,}",
        f"{result.killed.total():,}",
        f"{requests:,}",
        _share(failures(result.answers).total(), requests),
        f"{result.dead_letters:,}",
        f"{len(result.lost):,}",
        f"{len(result.stale):,}",
        f"{result.oldest:.0f} s",
        f"{result.settling_seconds:.0f} s",
    )


def _outage_cells(result: Result, outage: OutagePlan) -> tuple[str, ...]:
    failed = failures(result.outage_answers)
    by_source = (
        f"{_sum(failed, source):,} of {_sum(result.outage_answers, source):,}"
        if _sum(result.outage_answers, source)
        else "-"
        for source in SOURCES
    )
    return (
        name(result),
        f"{outage.seconds:.0f} s",
        f"{result.outage_answers.total():,}",
        *by_source,
        f"{result.dead_letters:,}",
        f"{result.notifications_lost:,}",
        f"{len(result.lost):,}",
        f"{len(result.stale):,}",
    )


def _sum(answers: Counter[tuple[str, int]], source: str) -> int:
    return sum(number for (each, _), number in answers.items() if each == source)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / max(whole, 1):.2%})".replace("%", " %")


def describe(result: Result) -> Iterator[str]:
    """Yield the details: faults, failed requests, and every finding or doubt."""
    kinds = "; ".join(f"{number:,} {fault.value}" for fault, number in result.faults.most_common())
    yield f"{result.calls:,} calls between the components. Faults: {kinds or 'none'}."
    yield f"Failed requests by source: {_list(failures(result.answers))}."
    if result.level.outage:
        yield f"During the outage of {result.level.outage.service.value}: {_list(failures(result.outage_answers))}."
    if result.differences:
        yield f"`make reconcile` repaired after the redrive: {_counts(result.differences)}."
    longest = ", ".join(f"{function} {seconds:.1f} s" for function, seconds in sorted(result.longest.items()))
    yield (
        f"{result.invocations.total():,} invocations: {result.killed.total():,} killed, "
        f"{result.errors[TIMED_OUT]:,} timed out; longest: {longest}."
    )
    yield (
        f"The machine was {result.slowness:.1f} times slower than when idle; {result.abandoned.total():,} requests "
        "ended before a process was free."
    )
    yield (
        f"Checked {result.derivatives_checked:,} stored derivatives and {result.responses_checked:,} responses of the "
        "edge."
    )
    yield from (f"in doubt: {what}" for what in inconclusive(result))
    yield from violations(result)


def _list(answers: Counter[tuple[str, int]]) -> str:
    listed = [f"{number:,} {source} {status or 'cut off'}" for (source, status), number in sorted(answers.items())]
    return ", ".join(listed) or "none"


def _counts(output: str) -> str:
    """Return the totals in the output of `make reconcile`: its indented lines."""
    return "; ".join(" ".join(line.split()) for line in output.splitlines() if line.startswith(" ")) or output


def inconclusive(result: Result) -> Iterator[str]:
    """Yield what may be caused by the service or by an overloaded machine."""
    if result.slow_timeouts:
        yield f"{result.slow_timeouts} invocations timed out while the machine was too slow to blame the service"


def violations(result: Result) -> Iterator[str]:
    """Yield every violation of the service, and what makes a run no test of it."""
    for kind, found in (("lost", result.lost), ("stale", result.stale), ("failed", result.findings)):
        yield from (f"{kind}: {what}" for what in found)
    yield from (f"{number} invocations failed: {error}" for error, number in result.errors.items())
    if result.final_differences:
        yield f"`make reconcile` found: {result.final_differences}"
    if not result.responses_checked:
        yield "no response was checked: too few operations"
    if result.level.share and not result.faults:
        yield "no fault was injected: too few operations"
    if result.level.outage:
        yield from _outage_violations(result, result.level.outage)


def _outage_violations(result: Result, outage: OutagePlan) -> Iterator[str]:
    """Yield failures of sources that do not depend on the failing service, and outages too short to test recovery."""
    for (source, status), number in failures(result.outage_answers).items():
        if source in SERVING[outage.service]:
            needless = f"which does not need {outage.service.value}"
            yield f"{number} responses of the {source} failed ({status or 'cut off'}), {needless}"
    if outage.service is Service.SQS:
        if not result.differences:
            yield "`make reconcile` found nothing: the outage was too short, or nothing changed"
        return
    if result.differences:
        yield f"`make reconcile` found after redriving: {result.differences}"
    if not result.dead_letters:
        yield "no dead letters: the outage was too short, or nothing changed"
