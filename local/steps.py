"""Observed steps of the workflow: `make run` prints them, and `make demo` expects every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """One observed step of the workflow.

    `number` is the one of docs/architecture.md ("A".."C", "1".."13"; "" for other events), `what` one readable line,
    `milliseconds` the duration, `details` values for checks (status, location, bytes, ...).
    """

    number: str
    what: str
    milliseconds: float
    details: dict[str, object] = field(default_factory=dict)


Observer = Callable[[Step], None]
"""Called with each step right after it happened, on the event loop's thread; must not block."""
