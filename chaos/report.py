"""A run as a row of the table, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.invocations import TIMED_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.level import Result

HEADER = """\
| faults | operations | faults met | deliveries late or twice | processes killed | requests | failed | dead letters | \
lost | stale | oldest image seen | settled after |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""


def format_row(result: Result) -> str:
    """Return a row of the table."""
    failed = result.failed.total()
    cells = (
        f"{result.level.share:.0%}".replace("%", " %"),
        f"{result.level.operations:,}",
        f"{result.faults.total():,}",
        f"{result.repeated + result.delayed:,}",
        f"{result.killed.total():,}",
        f"{result.requests:,}",
        f"{failed:,} ({failed / max(result.requests, 1):.2%})".replace("%", " %"),
        f"{result.dead_letters:,}",
        f"{len(result.lost):,}",
        f"{len(result.stale):,}",
        f"{result.oldest:.0f} s",
        f"{result.settled:.0f} s",
    )
    return f"| {' | '.join(cells)} |"


def describe(result: Result) -> Iterator[str]:
    """Yield a list's items: the details of a run, and whatever is wrong."""
    kinds = "; ".join(f"{number:,} {fault.value}" for fault, number in result.faults.most_common())
    yield f"{result.calls:,} calls between the parts. Faults: {kinds or 'none'}."
    failed = ", ".join(f"{number:,} {who} {status or 'cut off'}" for (who, status), number in result.failed.items())
    yield f"Failed requests, by who answered: {failed or 'none'}."
    limits = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in sorted(result.longest.items()))
    yield (
        f"{result.invocations.total():,} invocations, of which {result.killed.total():,} were killed and "
        f"{result.errors[TIMED_OUT]:,} ran into their time-out; the longest: {limits}."
    )
    yield f"Looked at {result.stored:,} stored derivatives and {result.asked:,} answers of the edge."
    yield from wrong(result)


def wrong(result: Result) -> Iterator[str]:
    """Yield what a service that keeps its promises would not have done."""
    for name, found in (("lost", result.lost), ("stale", result.stale), ("wrong", result.findings)):
        yield from (f"{name}: {what}" for what in found)
    yield from (f"{number} invocations failed: {error}" for error, number in result.errors.items())
    if result.reconciled:
        yield f"`make reconcile` found: {result.reconciled}"
