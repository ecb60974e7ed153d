"""Which calls fail, and how: a share of all, drawn from a seed."""

from __future__ import annotations

import random
from collections import Counter
from enum import Enum


class Fault(Enum):
    """What becomes of a call, and whether it took effect."""

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
"""In percent of the faults. Those that are never answered cost a caller its whole time limit, so they are fewer."""


class Faults:
    """Draws faults, and counts them by what they are."""

    def __init__(self, share: float, seed: str) -> None:
        """Let `share` (0 to 1) of the calls fail; the same seed draws the same faults, in the order of the calls."""
        self.share = share
        self.counts: Counter[Fault] = Counter()
        self.calls = 0
        self.active = False
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing

    def draw(self) -> Fault | None:
        """Return what shall become of the next call: None for nothing special."""
        if not self.active:
            return None
        self.calls += 1
        if self._random.random() >= self.share:
            return None
        return self._random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]

    def count(self, fault: Fault) -> None:
        """Count a fault that a caller met."""
        self.counts[fault] += 1

    def between(self, least: float, most: float) -> float:
        """Return a random number of a range."""
        return self._random.uniform(least, most)
