"""Draws throughput and latency by number of users, from lines of `users,requests/s,p50,p99` on standard input."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

from lab.plots import STYLE, save


def main() -> None:
    """Write curve.svg beside this file."""
    users, speeds, medians, slowest = zip(*[map(float, row) for row in csv.reader(sys.stdin)], strict=True)
    mpl.rcParams.update(STYLE)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    left.plot(users, speeds, marker="o")
    left.set_ylabel("requests a second")
    right.plot(users, medians, marker="o", label="p50")
    right.plot(users, slowest, marker="s", label="p99")
    right.set_yscale("log")
    right.set_ylabel("milliseconds")
    right.legend()
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xticks(users, [f"{count:.0f}" for count in users])
        axes.set_xlabel("users")
        axes.set_ylim(bottom=None if axes is right else 0)
        axes.grid(visible=True, alpha=0.3)
    save(figure, Path(__file__).with_name("curve.svg"))


if __name__ == "__main__":
    main()
