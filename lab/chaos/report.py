"""The report of a run: a row of a table, and details in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lab.chaos.invocations import TIMED_OUT
from lab.chaos.outage import Service
from lab.chaos.tally import SOURCES, failures

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from lab.chaos.level import Out, Result

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
    """Yield the lines of one table for levels of faults and another one for outages, each where there are any."""
    kept = list(results)
    levels = [format_row(result) for result in kept if result.level.out is None]
    outages = [format_row(result) for result in kept if result.level.out]
    if levels:
        yield from (HEADER, *levels)
    if outages:
        yield from ("", OUTAGE_HEADER, *outages)


def name(result: Result) -> str:
    """Return what a run was: a share of faults, or an outage."""
    out = result.level.out
    return out.service.value if out else _percent(result.level.share)


def format_row(result: Result) -> str:
    """Return a row of the table that fits the run."""
    out = result.level.out
    cells = _outage_cells(result, out) if out else _level_cells(result)
    return f"| {' | '.join(cells)} |"


def _level_cells(result: Result) -> tuple[str, ...]:
    requests = result.answers.total()
    return (
        name(result),
        f"{result.level.operations:,}",
        f"{result.faults.total():,}",
        f"{result.repeated + result.delayed:,}",
        f"{result.killed.total():,}",
        f"{requests:,}",
        _share(failures(result.answers).total(), requests),
        f"{result.dead_letters:,}",
        f"{len(result.lost):,}",
        f"{len(result.stale):,}",
        f"{result.oldest:.0f} s",
        f"{result.settled:.0f} s",
    )


def _outage_cells(result: Result, out: Out) -> tuple[str, ...]:
    failed = failures(result.during)
    by_source = (
        f"{_sum(failed, source):,} of {_sum(result.during, source):,}" if _sum(result.during, source) else "-"
        for source in SOURCES
    )
    return (
        name(result),
        f"{out.seconds:.0f} s",
        f"{result.during.total():,}",
        *by_source,
        f"{result.dead_letters:,}",
        f"{result.given_up:,}",
        f"{len(result.lost):,}",
        f"{len(result.stale):,}",
    )


def _sum(answers: Counter[tuple[str, int]], source: str) -> int:
    return sum(number for (who, _), number in answers.items() if who == source)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / max(whole, 1):.2%})".replace("%", " %")


def describe(result: Result) -> Iterator[str]:
    """Yield the details: faults, failed requests, and every finding or doubt."""
    kinds = "; ".join(f"{number:,} {fault.value}" for fault, number in result.faults.most_common())
    yield f"{result.calls:,} calls between the parts. Faults: {kinds or 'none'}."
    yield f"Failed requests by source: {_list(failures(result.answers))}."
    if result.level.out:
        yield f"During the outage of {result.level.out.service.value}: {_list(failures(result.during))}."
    if result.differed:
        yield f"`make reconcile` repaired after the redrive: {_counts(result.differed)}."
    limits = ", ".join(f"{who} {seconds:.1f} s" for who, seconds in sorted(result.longest.items()))
    yield (
        f"{result.invocations.total():,} invocations: {result.killed.total():,} killed, "
        f"{result.errors[TIMED_OUT]:,} timed out; longest: {limits}."
    )
    yield (
        f"The machine was {result.slowness:.1f} times slower than when idle; {result.unserved.total():,} requests "
        "ended before a process was free."
    )
    yield f"Checked {result.stored:,} stored derivatives and {result.asked:,} responses of the edge."
    yield from (f"in doubt: {what}" for what in doubtful(result))
    yield from wrong(result)


def _list(answers: Counter[tuple[str, int]]) -> str:
    listed = [f"{number:,} {who} {status or 'cut off'}" for (who, status), number in sorted(answers.items())]
    return ", ".join(listed) or "none"


def _counts(said: str) -> str:
    """Return the lines of `make reconcile` that count: they are indented."""
    return "; ".join(" ".join(line.split()) for line in said.splitlines() if line.startswith(" ")) or said


def doubtful(result: Result) -> Iterator[str]:
    """Yield what may be caused by the service or by an overloaded machine."""
    if result.outrun:
        yield f"{result.outrun} invocations timed out while the machine was too slow to blame the service"


def wrong(result: Result) -> Iterator[str]:
    """Yield every violation."""
    for kind, found in (("lost", result.lost), ("stale", result.stale), ("wrong", result.findings)):
        yield from (f"{kind}: {what}" for what in found)
    yield from (f"{number} invocations failed: {error}" for error, number in result.errors.items())
    if result.reconciled:
        yield f"`make reconcile` found: {result.reconciled}"
    if result.level.out:
        yield from _wrong_with_outage(result, result.level.out)


def _wrong_with_outage(result: Result, out: Out) -> Iterator[str]:
    """Yield failures of sources that do not depend on the failing service, and outages too short to test recovery."""
    for (who, status), number in failures(result.during).items():
        if who in SERVING[out.service]:
            yield f"{number} responses of the {who} failed ({status or 'cut off'}) without needing {out.service.value}"
    if out.service is Service.SQS:
        if not result.differed:
            yield "`make reconcile` found nothing: the outage was too short, or nothing changed"
        return
    if result.differed:
        yield f"`make reconcile` found after redriving: {result.differed}"
    if not result.dead_letters:
        yield "no dead letters: the outage was too short, or nothing changed"
