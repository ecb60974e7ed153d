"""The workflow's steps as they are observed: what `make run` prints and `make demo` demands to have seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """One observed step of the workflow.

    `number` is the workflow's own ("A".."C", "1".."13", or "" for what has none), `what` one readable line,
    `milliseconds` its duration, `details` whatever a check wants to see (status, location, bytes, ...).
    """

    number: str
    what: str
    milliseconds: float
    details: dict[str, object] = field(default_factory=dict)


Observer = Callable[[Step], None]
"""Told of each step right after it happened, on the event loop's thread; must not block."""
