"""Draws docs/images/scale.svg: first hits over time, and the traffic at which each quota is met.

Runs in a virtual environment of its own, with matplotlib: `make plots`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

from lab.plots import STYLE, save
from lab.scale.__main__ import CATALOGUES
from lab.scale.ceiling import find_ceiling
from lab.scale.quotas import NEW_ACCOUNT, QUOTAS
from lab.scale.scenario import Scenario
from lab.scale.simulation import simulate

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000")
"""The palette of Okabe and Ito, for colour-blind readers."""
DRAWN = (
    "counter",
    "reads of one",
    "writes of a new",
    "writes of one",
    "Lambda: concurrency",
    "API Gateway",
    "requests",
)
CEILINGS = (6, 7, 8, 9)
"""Powers of ten of images."""


def draw(path: str) -> None:
    """Draw both panels into an SVG file, the same byte for byte each time."""
    mpl.rcParams.update(STYLE | {"axes.spines.top": False, "axes.spines.right": False})
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    _draw_first_hits(left)
    _draw_ceilings(right)
    for axes in (left, right):
        axes.minorticks_off()
    save(figure, path)


def _draw_first_hits(axes: Any) -> None:  # noqa: ANN401 - matplotlib is not type-checked
    for colour, catalogue in zip(COLOURS, CATALOGUES, strict=False):
        history = simulate(Scenario(catalogue=catalogue))
        axes.plot(history.time, history.first_hits, color=colour, label=f"{catalogue:,.0f} images")
    for limit, name in ((1_000, "counter row"), (10_000, "API Gateway")):
        axes.axhline(limit, color="#7f7f7f", linestyle=":", linewidth=1)
        axes.annotate(name, (1.2, limit), textcoords="offset points", xytext=(0, 3), fontsize=9)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.1, 3e4)
    axes.set_xticks([1, 60, 3_600, 86_400, 2_592_000], ["1 s", "1 min", "1 h", "1 day", "30 days"])
    axes.set_xlabel("time since the empty service opened; full traffic after an hour")
    axes.set_ylabel("first hits a second")
    axes.set_title("First hits at 10,000 views a second", loc="left")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 0.02))


def _draw_ceilings(axes: Any) -> None:  # noqa: ANN401 - as above
    quotas = [NEW_ACCOUNT, *(quota for quota in QUOTAS if any(part in quota.name for part in DRAWN))]
    catalogues = [10.0**power for power in CEILINGS]
    for colour, quota in zip(COLOURS, quotas, strict=True):
        ceilings = [find_ceiling(quota, replace(Scenario(), catalogue=catalogue)) for catalogue in catalogues]
        axes.plot(catalogues, ceilings, color=colour, marker="o", markersize=4, label=quota.name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(10, 3e6)
    axes.set_xlabel("images, each in three formats")
    axes.set_ylabel("views a second")
    axes.set_title("Traffic at which each quota is met", loc="left")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))


if __name__ == "__main__":
    draw(sys.argv[1])
