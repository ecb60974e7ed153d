"""What each original has been, and when: against this every answer is held."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

ABSENT = None
"""The version of an original that is not there."""


@dataclass(slots=True)
class State:
    """A version, and the time in which it may have been the current one: from when its upload began."""

    version: int | None
    begun: float
    replaced: float = math.inf
    """When the change that replaced it was complete."""


@dataclass(slots=True)
class History:
    """One original's states, the newest last; the first is that it is not there. Times are of one monotonic clock."""

    states: list[State] = field(default_factory=lambda: [State(ABSENT, -math.inf)])
    stored: list[tuple[str, int]] = field(default_factory=list)
    """The bucket's versions by their ids, with what they show."""
    newest: int = -1
    """The highest version that there ever was."""

    @property
    def current(self) -> int | None:
        """What the original is now."""
        return self.states[-1].version

    def begin(self, version: int | None, now: float) -> None:
        """Note that a change begins."""
        self.states.append(State(version, now))

    def complete(self, now: float) -> None:
        """Note that the last change is complete: what was before it is old from now on."""
        self.states[-2].replaced = now

    def age(self, version: int | None, asked: float, answered: float) -> float | None:
        """Return for how many seconds a version had been old when it was asked for; None where it never was.

        0 where it was, or may have been, the current one at any time after it was asked for.
        """
        ages = [
            max(0.0, asked - state.replaced)
            for state in self.states
            if state.version == version and state.begun <= answered
        ]
        return min(ages, default=None)
