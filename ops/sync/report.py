"""The report of a run, before and after: for a terminal, and as Markdown for a pull request.

Keys are written as Python literals, so that no control character of a name reaches a terminal or a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.sync.plan import Plan
    from ops.sync.transfer import Outcome

SHOWN = 100
"""Keys that are listed at most; a comment on GitHub holds 65,536 characters."""


def describe_plan(plan: Plan) -> Iterator[str]:
    """Yield a line for each key that changes (the first hundred), and one with their numbers."""
    lines = [
        *(f"+ {original.key!r}  {original.size:,} bytes" for original in plan.added),
        *(f"~ {original.key!r}  {original.size:,} bytes" for original in plan.changed),
        *(f"- {key!r}" for key in plan.removed),
    ]
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"... and {len(lines) - SHOWN:,} more"
    size = sum(original.size for original in plan.uploads)
    yield (
        f"{len(plan.added):,} new, {len(plan.changed):,} changed ({size:,} bytes to upload), "
        f"{len(plan.removed):,} to remove, {plan.unchanged:,} unchanged"
    )
    if plan.removes_many:
        yield f"Removing more than a tenth of the {plan.total:,} objects takes --yes (YES=1)."


def describe_outcome(outcome: Outcome) -> Iterator[str]:
    """Yield a line for each failure, and one with the numbers."""
    yield from (f"FAILED {key!r}: {reason!r}" for key, reason in outcome.failures)
    yield f"{outcome.uploaded:,} uploaded, {outcome.removed:,} removed, {len(outcome.failures):,} failed"


def write_markdown(title: str, lines: Iterator[str]) -> str:
    """Return lines as a literal block of Markdown: names of files come from any author of a pull request."""
    # An indented block has no end mark that a name could contain.
    return f"### {title}\n\n" + "".join(f"    {line}\n" for line in lines)
