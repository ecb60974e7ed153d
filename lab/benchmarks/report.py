"""The contest's results as a table and as a plot: ratios, since times are the machine's."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

from lab.benchmarks.contestants import CLONED, CORE
from lab.benchmarks.tasks import TASKS
from lab.plots import STYLE, save

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lab.benchmarks.contest import Score

_HEADER = """# The core beside others

Processor time of the core relative to each contestant's (below 1: the core is faster): medians of interleaved pairs
on one core of a shared, noisy machine, so that the second decimal is uncertain. Then SSIM against a reduction in
floating point, and bytes. At a single quality the SSIM is uncertain by .0001: "gained" is how much higher the core's is
than sharp's at equal bytes, on average of five qualities (Bjøntegaard's delta). `floor` is libjpeg-turbo's decode at
the core's scale and its encode, with nothing between, by stock Pillow; the core's own Huffman codes can bring it below.
Of several widths the core decodes once; `sharp` are as many pipelines, `sharp, cloned` is one, cloned; the SSIM is the
mean of all. The means are of the tasks of one width.

"""


def write_table(scores: Sequence[Score], path: Path) -> None:
    """Write a Markdown table: a row for each task, a column for each contestant."""
    names = list(dict.fromkeys(score.contestant for score in scores if score.contestant != CORE))
    lines = [
        f"| task | {' | '.join(names)} | SSIM {CORE} | SSIM sharp | bytes {CORE} | bytes sharp | gained |",
        f"|---|{'--:|' * (len(names) + 5)}",
    ]
    for task, found in _by_task(scores).items():
        ratios = [f"{found[name].ratio:.2f}" if name in found else "" for name in names]
        core, sharp = found[CORE], found["sharp"]
        likeness = [f"{score.likeness:.4f}" for score in (core, sharp)]
        sizes = [f"{score.bytes:,}" for score in (core, sharp)]
        gained = "" if core.gained is None else f"{round(core.gained, 4) + 0:+.4f}"  # + 0: there is no -0
        lines.append(f"| {' | '.join([task, *ratios, *likeness, *sizes, gained])} |")
    means = [f"**{_mean(scores, name):.2f}**" if name != CLONED else "" for name in names]
    lines.append(f"| **geometric mean** | {' | '.join(means)} | | | | | |")
    path.write_text(_HEADER + "\n".join(lines) + "\n")


def write_plot(scores: Sequence[Score], path: Path) -> None:
    """Draw the ratios to sharp, with the quartiles of the pairs."""
    mine = [score for score in scores if score.contestant == "sharp"]
    mpl.rcParams.update(STYLE)
    figure, axes = plt.subplots(figsize=(9, 0.34 * len(mine) + 1), layout="constrained")
    ratios = [score.ratio for score in mine]
    spread = [[score.ratio - score.low for score in mine], [score.high - score.ratio for score in mine]]
    colours = ["tab:green" if ratio <= 1 else "tab:red" for ratio in ratios]
    axes.barh([score.task for score in mine], ratios, xerr=spread, color=colours, ecolor="grey")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.set_xlabel("processor time relative to sharp's (less is faster)")
    save(figure, path)


def _by_task(scores: Iterable[Score]) -> dict[str, dict[str, Score]]:
    found: dict[str, dict[str, Score]] = {}
    for score in scores:
        found.setdefault(score.task, {})[score.contestant] = score
    return found


def _mean(scores: Iterable[Score], name: str) -> float:
    single = {task.name for task in TASKS if len(task.widths) == 1}
    return statistics.geometric_mean(
        score.ratio for score in scores if score.contestant == name and score.task in single
    )
