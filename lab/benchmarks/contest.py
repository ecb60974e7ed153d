"""Interleaved pairs: the core, another, the core, another; what counts is the median of the ratios of such pairs.

Times on a shared machine change from one second to the next, and their ratio, taken within a second, hardly does. They
are times of the processor (on one core, so that nothing is done beside), because others have their turns as well.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lab.benchmarks.contestants import CLONED, CORE, Contestant
from lab.benchmarks.curves import STEPS, gain_at_equal_bytes
from lab.benchmarks.likeness import measure_likeness
from lab.benchmarks.photographs import ORIGINALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.benchmarks.curves import Curve
    from lab.benchmarks.tasks import Task


@dataclass(frozen=True, slots=True)
class Score:
    """One contestant at one task: its `ratio` is the core's time to its own, less than 1 where the core is faster.

    `low` and `high` are the quartiles of the pairs' ratios; `likeness` is an SSIM, the mean of several widths', None
    where nothing comparable is made; `milliseconds` are this machine's. Of the core, `gained` is how much higher its
    SSIM is than sharp's at equal bytes.
    """

    task: str
    contestant: str
    ratio: float
    low: float
    high: float
    milliseconds: float
    bytes: int
    likeness: float | None
    gained: float | None = None

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
        ours_like = _measure(task, original, output)
        times: list[float] = []
        gained = None
        for name in others:
            if not _can_do(name, task):
                continue
            other = Contestant(name, core)
            theirs = other.do(task, original, output)
            like = None if name == "floor" else _measure(task, original, output)
            taken = [(ours.do(task, original).seconds, other.do(task, original).seconds) for _ in range(pairs)]
            if name == "sharp" and task.format != "png":
                gained = gain_at_equal_bytes(*(_draw_curve(each, task, original, output) for each in (ours, other)))
            other.stop()
            times += [pair[0] for pair in taken]
            low, middle, high = statistics.quantiles([mine / its for mine, its in taken], n=4)
            milliseconds = 1000 * statistics.median(its for _, its in taken)
            scores.append(Score(task.name, name, middle, low, high, milliseconds, theirs.bytes, like))
    ours.stop()
    mine = Score(task.name, CORE, 1, 1, 1, 1000 * statistics.median(times), made.bytes, ours_like, gained)
    return [mine, *scores]


def _can_do(name: str, task: Task) -> bool:
    if name == CLONED:
        return len(task.widths) > 1
    return name != "floor" or (task.format == "jpeg" and task.original.endswith("jpg"))


def _measure(task: Task, original: Path, output: Path) -> float:
    """Return the mean SSIM of all widths."""
    return statistics.mean(measure_likeness(Path(f"{output}-{width}"), original, width) for width in task.widths)


def _draw_curve(contestant: Contestant, task: Task, original: Path, output: Path) -> Curve:
    curve = []
    for step in STEPS:
        other = replace(task, quality=task.quality + step, codec_quality=task.codec_quality + step)
        made = contestant.do(other, original, output)
        curve.append((made.bytes, _measure(other, original, output)))
    return curve
