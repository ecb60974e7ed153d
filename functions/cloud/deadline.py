"""The end of the running invocation: no attempt at a call begins that might not end before it.

botocore's clients live as long as the process, and ask for the deadline before each attempt, from any thread. So it is
the module's, and not an argument; and not a context variable, which the threads of a pool would not see. Lambda hands
a process one event at a time. Each deadline ends with the block that set it, so none is left for the next invocation.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN = 3.0
"""Seconds for the response, and for the pause before an attempt that is then not made (botocore's is 2 s at most)."""

_end = float("inf")


class OutOfTime(BotoCoreError):
    """There is no time left for another attempt; botocore does not retry it."""

    fmt = "{left:.1f} s are left, and an attempt may take {needed:.1f} s"


@contextmanager
def _ending_at(end: float) -> Iterator[None]:
    global _end  # noqa: PLW0603 (the process has one deadline at a time, see above)
    before, _end = _end, end
    try:
        yield
    finally:
        _end = before


@contextmanager
def limited_to(context: LambdaContext) -> Iterator[None]:
    """Set the deadline of an invocation, from its context, within this block."""
    with _ending_at(time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN):
        yield


@contextmanager
def reserved(seconds: float) -> Iterator[None]:
    """Keep seconds for what follows this block: calls within it have to end that much earlier."""
    with _ending_at(_end - seconds):
        yield


def left() -> float:
    """Return the seconds that are left."""
    return _end - time.monotonic()


def check(needed: float) -> None:
    """Raise `OutOfTime` if fewer seconds are left than an attempt may take."""
    if (rest := left()) < needed:
        raise OutOfTime(left=rest, needed=needed)
