"""The versions of each original over time, with which every answer is compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

ABSENT = None
"""The version of a missing original."""


@dataclass(slots=True)
class State:
    """A version, and the time in which it may have been current: from the start of its upload."""

    version: int | None
    begun: float
    replaced: float = math.inf
    """When the change that replaced it was complete; infinite for the current state."""


@dataclass(slots=True)
class History:
    """The states of one original, the newest last; the first is ABSENT. Times are of one monotonic clock."""

    states: list[State] = field(default_factory=lambda: [State(ABSENT, -math.inf)])
    stored: list[tuple[str, int]] = field(default_factory=list)
    """S3 version ids, with the version that each shows."""
    newest: int = -1
    """The highest version so far."""

    @property
    def current(self) -> int | None:
        """The current version."""
        return self.states[-1].version

    def begin(self, version: int | None, now: float) -> None:
        """Record the start of a change."""
        self.states.append(State(version, now))

    def complete(self, now: float) -> None:
        """Record that the last change is complete: the state before it is outdated from now on."""
        self.states[-2].replaced = now

    def age(self, version: int | None, sent: float, received: float) -> float | None:
        """Return for how many seconds a version was outdated when the request was sent; None if it never existed.

        0 if it was, or may have been, current at any time between request and answer.
        """
        ages = [
            max(0.0, sent - state.replaced)
            for state in self.states
            if state.version == version and state.begun <= received
        ]
        return min(ages, default=None)
