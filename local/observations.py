"""Steps recorded while the demonstration runs, and a table of the expected ones that knows which are missing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import rich.box
import rich.markup
import rich.table

if TYPE_CHECKING:
    from local.steps import Step

TIMEOUT_SECONDS = 30.0
"""How long to wait for a step."""


class Recorder:
    """Records every step, as an observer of the stack."""

    def __init__(self) -> None:
        """Start with none."""
        self._steps: list[Step] = []
        self._arrived = asyncio.Event()
        self._mark = 0

    def record(self, step: Step) -> None:
        """Record a step."""
        self._steps.append(step)
        self._arrived.set()

    def begin(self) -> None:
        """Ignore the steps recorded so far."""
        self._mark = len(self._steps)

    def has(self, number: str) -> bool:
        """Tell whether a step with this number was recorded since `begin`."""
        return any(step.number == number for step in self._steps[self._mark :])

    async def find(self, number: str, **details: object) -> Step | None:
        """Wait for a step with this number and these details since `begin`; return None on time-out."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while True:
            for step in self._steps[self._mark :]:
                if step.number == number and all(step.details.get(name) == value for name, value in details.items()):
                    return step
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), end - time.monotonic())
            except TimeoutError:
                return None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `details` may contain status, location, x_cache, bytes and invalidation_id."""

    step: str
    what: str
    seen: bool
    milliseconds: float = 0.0
    details: dict[str, Any] = field(default_factory=dict)


class Table:
    """The rows in the order of the workflow."""

    def __init__(self) -> None:
        """Start with none."""
        self.rows: list[Row] = []

    @property
    def missing(self) -> list[str]:
        """The steps that were not observed."""
        return [f"{row.step} ({row.what})" for row in self.rows if not row.seen]

    def add(self, number: str, what: str, step: Step | None) -> None:
        """Add a row for an expected step; None if it was not observed."""
        milliseconds, details = (step.milliseconds, step.details) if step else (0.0, {})
        self.rows.append(Row(number, what, step is not None, milliseconds, details))

    def check(self, number: str, what: str, *, seen: bool, milliseconds: float = 0.0, **details: object) -> None:
        """Add a row for a check made from outside."""
        self.rows.append(Row(number, what, seen, milliseconds, details))

    def draw(self) -> rich.table.Table:
        """Return the table for a terminal."""
        head = ("step", "observed", "status", "edge cache", "bytes", "ms", "Location / invalidation")
        table = rich.table.Table(*head, box=rich.box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for row in self.rows:
            table.add_row(*map(rich.markup.escape, _write_row(row)))
        return table


def _write_row(row: Row) -> tuple[str, ...]:
    details = row.details
    size = details.get("bytes")
    return (
        row.step,
        row.what if row.seen else f"NOT OBSERVED: {row.what}",
        str(details.get("status") or ""),
        str(details.get("x_cache") or "").replace(" from cloudfront", ""),
        f"{size:,}" if isinstance(size, int) else "",
        f"{row.milliseconds:.1f}" if row.milliseconds else "",
        str(details.get("location") or details.get("invalidation_id") or ""),
    )
