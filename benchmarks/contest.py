"""Interleaved pairs: the core, another, the core, another; what counts is the median of the ratios of such pairs.

Times on a shared machine change from one second to the next, and their ratio, taken within a second, hardly does. They
are times of the processor (on one core, so that nothing is done beside), because others have their turns as well.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.contestants import CLONED, CORE, Contestant
from benchmarks.likeness import measure_likeness
from benchmarks.matching import match_bytes
from benchmarks.photographs import ORIGINALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.tasks import Task


@dataclass(frozen=True, slots=True)
class Score:
    """One contestant at one task: its `ratio` is the core's time to its own, less than 1 where the core is faster.

    `low` and `high` are the quartiles of the pairs' ratios; `likeness` is an SSIM, None where nothing comparable is
    made; `milliseconds` are this machine's. Of the core, `matched` is the SSIM at as many bytes as sharp's.
    """

    task: str
    contestant: str
    ratio: float
    low: float
    high: float
    milliseconds: float
    bytes: int
    likeness: float | None
    matched: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what is written to the results."""
        return asdict(self)


def compete(task: Task, others: Sequence[str], pairs: int, core: int) -> list[Score]:
    """Return the scores of the core itself, and of all others that can do the task."""
    original = ORIGINALS / task.original
    ours = Contestant(CORE, core)
    scores = []
    with TemporaryDirectory() as directory:
        output = Path(directory) / "result"
        made = ours.do(task, original, output)
        ours_like = measure_likeness(output, original, task.width)
        times: list[float] = []
        matched = None
        for name in others:
            if not _can_do(name, task):
                continue
            other = Contestant(name, core)
            theirs = other.do(task, original, output)
            like = None if name == "floor" else measure_likeness(output, original, task.width)
            taken = [(ours.do(task, original).seconds, other.do(task, original).seconds) for _ in range(pairs)]
            other.stop()
            if name == "sharp" and task.format != "png":
                matched = match_bytes(
                    partial(_measure_quality, ours, task, original, output), task.quality, theirs.bytes
                )
            times += [pair[0] for pair in taken]
            low, middle, high = statistics.quantiles([mine / its for mine, its in taken], n=4)
            milliseconds = 1000 * statistics.median(its for _, its in taken)
            scores.append(Score(task.name, name, middle, low, high, milliseconds, theirs.bytes, like))
    ours.stop()
    mine = Score(task.name, CORE, 1, 1, 1, 1000 * statistics.median(times), made.bytes, ours_like, matched)
    return [mine, *scores]


def _can_do(name: str, task: Task) -> bool:
    if name == CLONED:
        return len(task.widths) > 1
    return name != "floor" or (task.format == "jpeg" and task.original.endswith("jpg") and len(task.widths) == 1)


def _measure_quality(core: Contestant, task: Task, original: Path, output: Path, quality: int) -> tuple[int, float]:
    made = core.do(replace(task, quality=quality), original, output)
    return made.bytes, measure_likeness(output, original, task.width)
