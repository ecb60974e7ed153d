"""Slowness of the machine: elapsed time of a fixed piece of work, divided by its processor time.

A timeout on an overloaded machine does not prove a fault of the service.
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
"""Data that a sample hashes: 30 to 150 ms of work, during which Python releases its global lock."""
TOO_SLOW: Final = 8.0
"""From this mean on, a timeout is attributed to the machine. At 7 (two cores, load 12) no invocation took a third of
its time limit."""


class Slowness:
    """Samples of the slowness; 1 is an idle machine."""

    def __init__(self) -> None:
        """Start without samples; `watch` takes them."""
        self._samples: list[tuple[float, float]] = []

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """Take samples while the context is open."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def add(self, moment: float, factor: float) -> None:
        """Add a sample taken at a moment (`time.monotonic()`)."""
        self._samples.append((moment, factor))

    @property
    def mean(self) -> float:
        """The mean of all samples."""
        return _mean([factor for _, factor in self._samples])

    def since(self, moment: float) -> float:
        """Return the mean of the samples since a moment, including the last one before it."""
        before = [factor for taken, factor in self._samples if taken < moment][-1:]
        return _mean([*before, *(factor for taken, factor in self._samples if taken >= moment)])

    async def _watch(self) -> None:
        while True:
            factor = await asyncio.to_thread(_measure)
            self.add(time.monotonic(), factor)
            await asyncio.sleep(INTERVAL)


def _measure() -> float:
    started, operation_seconds = time.perf_counter(), time.thread_time()
    hashlib.sha256(SAMPLE).digest()
    return (time.perf_counter() - started) / (time.thread_time() - operation_seconds)


def _mean(factors: list[float]) -> float:
    return sum(factors) / len(factors) if factors else 1.0
