"""The end of the running invocation: no attempt at a call begins that might not end before it.

Lambda hands a process one event at a time, so that the process has one deadline.
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
"""Seconds for the answer, and for the pause before an attempt that then is not made (botocore's is up to 2 s here)."""

_end = float("inf")


class OutOfTime(BotoCoreError):
    """There is no time left for another attempt; botocore does not try it again."""

    fmt = "{left:.1f} s are left, and an attempt may take {needed:.1f} s"


def begin(context: LambdaContext) -> None:
    """Take the deadline of an invocation from its context."""
    global _end  # noqa: PLW0603 (one invocation at a time, see above)
    _end = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN


def left() -> float:
    """Return the seconds that are left."""
    return _end - time.monotonic()


@contextmanager
def reserved(seconds: float) -> Iterator[None]:
    """Keep seconds for what comes afterwards: in between, calls have to end so much earlier."""
    global _end  # noqa: PLW0603 (as above)
    _end -= seconds
    try:
        yield
    finally:
        _end += seconds


def check(needed: float) -> None:
    """Raise `OutOfTime` where fewer seconds are left than an attempt may take."""
    if (rest := left()) < needed:
        raise OutOfTime(left=rest, needed=needed)
