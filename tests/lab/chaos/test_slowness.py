"""The slowness of a machine is measured by work of a known size."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lab.chaos import slowness
from lab.chaos.slowness import Slowness

if TYPE_CHECKING:
    import pytest


def test_only_samples_since_a_moment_count() -> None:
    samples = Slowness()
    assert samples.mean == samples.since(0) == 1
    for moment, factor in ((10, 2), (20, 4), (30, 12)):
        samples.add(moment, factor)
    assert samples.mean == 6
    assert samples.since(20) == (2 + 4 + 12) / 3
    assert samples.since(25) == (4 + 12) / 2
    assert samples.since(31) == 12
    assert samples.since(0) == 6


async def test_samples_are_taken_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowness, "INTERVAL", 0)
    samples = Slowness()
    async with samples.watch():
        for _ in range(500):
            if len(samples._samples) > 2:
                break
            await asyncio.sleep(0.02)
    taken = len(samples._samples)
    assert taken > 2
    assert samples.mean >= 0.9  # work takes at least its own processor time, but for the clocks' grain
    await asyncio.sleep(0.2)
    assert len(samples._samples) == taken
