"""The results as a table and as a plot: ratios, because times depend on the machine."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

from lab.benchmarks.engine_process import CLONED, CORE
from lab.benchmarks.tasks import TASKS
from lab.plots import STYLE, save

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lab.benchmarks.comparison import Score

_HEADER = """# The core and other engines

Processor time of the core divided by that of each engine (below 1: the core is faster): medians of interleaved pairs on
one core of a shared, noisy machine; the second decimal is uncertain.

- SSIM is against a reduction in floating point. At a single quality it is uncertain by .0001. "SSIM gain" is the core's
  SSIM minus sharp's at equal bytes, averaged over five qualities (Bjøntegaard's delta).
- `floor` is libjpeg-turbo's decode at the core's scale and its encode, without any processing between, by stock Pillow.
  The core can be slightly faster because of its own Huffman codes.
- For several widths the core decodes once; `sharp` is one pipeline for each, `sharp, cloned` clones of one pipeline.
  The SSIM is the mean of all widths.
- The geometric mean covers the tasks of one width.

"""


def write_table(scores: Sequence[Score], path: Path) -> None:
    """Write a Markdown table: a row for each task, a column for each engine."""
    names = list(dict.fromkeys(score.engine for score in scores if score.engine != CORE))
    lines = [
        f"| task | {' | '.join(names)} | SSIM {CORE} | SSIM sharp | bytes {CORE} | bytes sharp | SSIM gain |",
        f"|---|{'--:|' * (len(names) + 5)}",
    ]
    for task, found in _by_task(scores).items():
        ratios = [f"{found[name].ratio:.2f}" if name in found else "" for name in names]
        core, sharp = found[CORE], found["sharp"]
        ssim = [f"{score.ssim:.4f}" for score in (core, sharp)]
        sizes = [f"{score.bytes:,}" for score in (core, sharp)]
        gain = "" if core.ssim_gain is None else f"{round(core.ssim_gain, 4) + 0:+.4f}"  # + 0 turns -0 into 0
        lines.append(f"| {' | '.join([task, *ratios, *ssim, *sizes, gain])} |")
    means = [f"**{_mean(scores, name):.2f}**" if name != CLONED else "" for name in names]
    lines.append(f"| **geometric mean** | {' | '.join(means)} | | | | | |")
    path.write_text(_HEADER + "\n".join(lines) + "\n")


def write_plot(scores: Sequence[Score], path: Path) -> None:
    """Draw the ratios to sharp, with the quartiles of the pairs."""
    mine = [score for score in scores if score.engine == "sharp"]
    mpl.rcParams.update(STYLE)
    figure, axes = plt.subplots(figsize=(9, 0.34 * len(mine) + 1), layout="constrained")
    ratios = [score.ratio for score in mine]
    spread = [[score.ratio - score.low for score in mine], [score.high - score.ratio for score in mine]]
    colours = ["tab:green" if ratio <= 1 else "tab:red" for ratio in ratios]
    axes.barh([score.task for score in mine], ratios, xerr=spread, color=colours, ecolor="grey")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.set_xlabel("processor time relative to sharp (below 1: faster)")
    save(figure, path)


def _by_task(scores: Iterable[Score]) -> dict[str, dict[str, Score]]:
    found: dict[str, dict[str, Score]] = {}
    for score in scores:
        found.setdefault(score.task, {})[score.engine] = score
    return found


def _mean(scores: Iterable[Score], name: str) -> float:
    single = {task.name for task in TASKS if len(task.widths) == 1}
    return statistics.geometric_mean(score.ratio for score in scores if score.engine == name and score.task in single)
