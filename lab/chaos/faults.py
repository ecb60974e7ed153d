"""Faults of calls, drawn from a seed."""

from __future__ import annotations

import random
from collections import Counter
from enum import Enum


class Fault(Enum):
    """A fault of a call, and whether the call took effect."""

    ERROR = "error 500, no effect"
    SLOW_DOWN = "error 503 SlowDown or similar, no effect"
    RESET_BEFORE = "connection reset, no effect"
    RESET_AFTER = "connection reset, after the effect"
    TRUNCATED = "body cut off, after the effect"
    STALL_BEFORE = "never answered, no effect"
    STALL_AFTER = "never answered, after the effect"
    LATE = "never answered, takes effect after the caller gave up"


_WEIGHTS = {
    Fault.ERROR: 25,
    Fault.SLOW_DOWN: 25,
    Fault.RESET_BEFORE: 15,
    Fault.RESET_AFTER: 15,
    Fault.TRUNCATED: 10,
    Fault.STALL_BEFORE: 3,
    Fault.STALL_AFTER: 3,
    Fault.LATE: 4,
}
"""In percent of the faults. Calls that are never answered are fewer: each takes the caller's whole time limit."""


class Faults:
    """Draws faults, and counts them by kind."""

    def __init__(self, share: float, seed: str) -> None:
        """Let `share` (0 to 1) of the calls fail; a seed always draws the same faults, in the order of the calls."""
        self.share = share
        self.counts: Counter[Fault] = Counter()
        self.calls = 0
        self.active = False
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing

    def draw(self) -> Fault | None:
        """Return the fault of the next call, or None."""
        if not self.active:
            return None
        self.calls += 1
        if self._random.random() >= self.share:
            return None
        return self._random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]

    def count(self, fault: Fault) -> None:
        """Count an injected fault."""
        self.counts[fault] += 1

    def uniform(self, low: float, high: float) -> float:
        """Return a random number between two others."""
        return self._random.uniform(low, high)
