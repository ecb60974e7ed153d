"""A run as a row of a table, and in words."""

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
| faults | operations | faults met | deliveries late or twice | processes killed | requests | failed | dead letters | \
lost | stale | oldest image seen | settled after |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""
OUTAGE_HEADER: Final = """\
| out | for | requests meanwhile | failed: kept at the edge | at the website | at the API | dead letters | \
notifications that S3 gave up | lost | stale |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""

SERVING: Final = {
    Service.S3: {"edge"},
    Service.DYNAMODB: {"edge", "website"},
    Service.CLOUDFRONT: set(SOURCES),
    Service.SQS: set(SOURCES),
}
"""Who has to answer every request while a service is out; the CloudFront that is out is the one that purges."""


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
    """Yield lines in words: what the faults were, how requests failed, and everything that is wrong or in doubt."""
    kinds = "; ".join(f"{number:,} {fault.value}" for fault, number in result.faults.most_common())
    yield f"{result.calls:,} calls between the parts. Faults: {kinds or 'none'}."
    yield f"Failed requests, by who answered: {_list(failures(result.answers))}."
    if result.level.out:
        yield f"Of {result.level.out.service.value}'s outage: {_list(failures(result.during))}."
    if result.differed:
        yield f"`make reconcile` repaired, when the dead letters had been put back: {_counts(result.differed)}."
    limits = ", ".join(f"{who} {seconds:.1f} s" for who, seconds in sorted(result.longest.items()))
    yield (
        f"{result.invocations.total():,} invocations, of which {result.killed.total():,} were killed and "
        f"{result.errors[TIMED_OUT]:,} ran into their time-out; the longest: {limits}."
    )
    yield (
        f"The machine took {result.slowness:.1f} times as long as an idle one; {result.unserved.total():,} requests "
        "were given up before a process was free."
    )
    yield f"Looked at {result.stored:,} stored derivatives and {result.asked:,} answers of the edge."
    yield from (f"in doubt: {what}" for what in doubtful(result))
    yield from wrong(result)


def _list(answers: Counter[tuple[str, int]]) -> str:
    listed = [f"{number:,} {who} {status or 'cut off'}" for (who, status), number in sorted(answers.items())]
    return ", ".join(listed) or "none"


def _counts(said: str) -> str:
    """Return the lines of `make reconcile` that count: they are indented."""
    return "; ".join(" ".join(line.split()) for line in said.splitlines() if line.startswith(" ")) or said


def doubtful(result: Result) -> Iterator[str]:
    """Yield what may be the service's fault or that of a machine with too much to do."""
    if result.outrun:
        yield f"{result.outrun} invocations ran into their time-out while the machine was too slow to tell why"


def wrong(result: Result) -> Iterator[str]:
    """Yield what a service that keeps its promises would not have done."""
    for kind, found in (("lost", result.lost), ("stale", result.stale), ("wrong", result.findings)):
        yield from (f"{kind}: {what}" for what in found)
    yield from (f"{number} invocations failed: {error}" for error, number in result.errors.items())
    if result.reconciled:
        yield f"`make reconcile` found: {result.reconciled}"
    if result.level.out:
        yield from _wrong_with_outage(result, result.level.out)


def _wrong_with_outage(result: Result, out: Out) -> Iterator[str]:
    """Yield who failed that does not need what was out, and whether the outage was no test of what comes after it."""
    for (who, status), number in failures(result.during).items():
        if who in SERVING[out.service]:
            yield f"{number} answers of the {who} failed ({status or 'cut off'}), which needs no {out.service.value}"
    if out.service is Service.SQS:
        if not result.differed:
            yield "`make reconcile` had nothing to find: the outage was too short, or nothing was changed"
        return
    if result.differed:
        yield f"`make reconcile` found after redriving: {result.differed}"
    if not result.dead_letters:
        yield "no letter died: the outage was too short, or nothing was changed"
