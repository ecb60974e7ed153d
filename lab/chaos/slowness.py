"""How slow the machine is: how long work takes on it, beside the processor time that this work needs.

A time limit that is missed on a machine with too much to do says nothing of the service.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

INTERVAL: Final = 4.0
"""Seconds between two samples."""
SAMPLE: Final = bytes(32 * 1024 * 1024)
"""What a sample digests: 30 to 150 ms of work, in which Python lets other threads run."""
TOO_SLOW: Final = 8.0
"""From this mean on a missed time limit is put down to the machine. At 7 (two cores, a load of 12) no invocation took a
third of its time."""


class Slowness:
    """Samples of how many times slower than idle the machine was."""

    def __init__(self) -> None:
        """Prepare; `watch` takes the samples."""
        self._samples: list[tuple[float, float]] = []

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """Take samples for as long as the context lasts."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def keep(self, moment: float, factor: float) -> None:
        """Keep a sample of a moment (`time.monotonic()`)."""
        self._samples.append((moment, factor))

    @property
    def usual(self) -> float:
        """The mean factor of the whole time; 1 is an idle machine."""
        return _mean([factor for _, factor in self._samples])

    def since(self, moment: float) -> float:
        """Return the mean factor from a moment on, with the last sample before it."""
        before = [factor for taken, factor in self._samples if taken < moment][-1:]
        return _mean([*before, *(factor for taken, factor in self._samples if taken >= moment)])

    async def _watch(self) -> None:
        while True:
            factor = await asyncio.to_thread(_measure)
            self.keep(time.monotonic(), factor)
            await asyncio.sleep(INTERVAL)


def _measure() -> float:
    started, worked = time.perf_counter(), time.thread_time()
    hashlib.sha256(SAMPLE).digest()
    return (time.perf_counter() - started) / (time.thread_time() - worked)


def _mean(factors: list[float]) -> float:
    return sum(factors) / len(factors) if factors else 1.0
