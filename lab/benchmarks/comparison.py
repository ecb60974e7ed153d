"""Interleaved pairs of measurements: the core, another engine, and so on; the result is the median of their ratios.

Times on a shared machine change from one second to the next; ratios within a second hardly do. Processor times, on one
core, are compared, because other programs run at the same time.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lab.benchmarks.curves import STEPS, gain_at_equal_bytes
from lab.benchmarks.engine_process import CLONED, CORE, Engine
from lab.benchmarks.photographs import ORIGINALS
from lab.benchmarks.similarity import measure_ssim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.benchmarks.curves import Curve
    from lab.benchmarks.tasks import Task


@dataclass(frozen=True, slots=True)
class Score:
    """One engine at one task; `ratio` is the core's time divided by the engine's, below 1 where the core is faster.

    `low` and `high` are the quartiles of the pairs' ratios; `ssim` is the mean of all widths, None without a comparable
    image; `milliseconds` are those of this machine. `ssim_gain` is how much higher the core's SSIM is than sharp's at
    equal bytes; None for other engines.
    """

    task: str
    engine: str
    ratio: float
    low: float
    high: float
    milliseconds: float
    bytes: int
    ssim: float | None
    ssim_gain: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the entry of the results."""
        return asdict(self)


def compare(task: Task, others: Sequence[str], pairs: int, core: int) -> list[Score]:
    """Return the scores of the core and of the other engines that support the task."""
    original = ORIGINALS / task.original
    ours = Engine(CORE, core)
    scores = []
    with TemporaryDirectory() as directory:
        output = Path(directory) / "result"
        produced = ours.run(task, original, output)
        ssim = _measure(task, original, output)
        times: list[float] = []
        gain = None
        for name in others:
            if not _supports(name, task):
                continue
            other = Engine(name, core)
            theirs = other.run(task, original, output)
            their_ssim = None if name == "floor" else _measure(task, original, output)
            taken = [(ours.run(task, original).seconds, other.run(task, original).seconds) for _ in range(pairs)]
            if name == "sharp" and task.format != "png":
                gain = gain_at_equal_bytes(*(_draw_curve(each, task, original, output) for each in (ours, other)))
            other.stop()
            times += [pair[0] for pair in taken]
            low, middle, high = statistics.quantiles([mine / its for mine, its in taken], n=4)
            milliseconds = 1000 * statistics.median(its for _, its in taken)
            scores.append(Score(task.name, name, middle, low, high, milliseconds, theirs.bytes, their_ssim))
    ours.stop()
    mine = Score(task.name, CORE, 1, 1, 1, 1000 * statistics.median(times), produced.bytes, ssim, gain)
    return [mine, *scores]


def _supports(name: str, task: Task) -> bool:
    if name == CLONED:
        return len(task.widths) > 1
    return name != "floor" or (task.format == "jpeg" and task.original.endswith("jpg"))


def _measure(task: Task, original: Path, output: Path) -> float:
    """Return the mean SSIM of all widths."""
    return statistics.mean(measure_ssim(Path(f"{output}-{width}"), original, width) for width in task.widths)


def _draw_curve(engine: Engine, task: Task, original: Path, output: Path) -> Curve:
    curve = []
    for step in STEPS:
        other = replace(task, quality=task.quality + step, codec_quality=task.codec_quality + step)
        produced = engine.run(other, original, output)
        curve.append((produced.bytes, _measure(other, original, output)))
    return curve
