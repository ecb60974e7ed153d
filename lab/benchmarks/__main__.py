"""`make bench`: the whole contest, or the tasks whose names contain the argument."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from lab.benchmarks.contest import Score, compete
from lab.benchmarks.contestants import COMMANDS, CORE
from lab.benchmarks.photographs import make_originals
from lab.benchmarks.report import write_plot, write_table
from lab.benchmarks.tasks import TASKS

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
SCORES = RESULTS / "scores.json"


def main() -> None:
    """Run what the command line asks for; only a whole contest, or `--renew`, replaces results."""
    others = [name for name in COMMANDS if name != CORE]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--task", default="", help="only the tasks whose names contain this")
    parser.add_argument("--against", action="append", choices=others, help="only these contestants")
    parser.add_argument("--pairs", type=int, default=9, help="pairs of measurements for each ratio")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the processor core")
    parser.add_argument("--renew", action="store_true", help="replace the results of these tasks, and keep all others")
    arguments = parser.parse_args()
    make_originals()
    scores: list[Score] = []
    for task in TASKS:
        if arguments.task in task.name:
            scores += compete(task, arguments.against or others, arguments.pairs, arguments.core)
            _show([score for score in scores if score.task == task.name])
    if arguments.renew:
        scores = _replace(scores)
    elif arguments.task or arguments.against:
        return
    RESULTS.mkdir(exist_ok=True)
    SCORES.write_text(json.dumps([score.as_dict() for score in scores], indent=1) + "\n")
    write_table(scores, RESULTS / "table.md")
    write_plot(scores, ROOT / "docs" / "images" / "speed.svg")


def _replace(renewed: list[Score]) -> list[Score]:
    """Return the results of before, with those that were measured now in their places, or behind them."""
    old = [Score(**score) for score in json.loads(SCORES.read_text())]
    return list({(score.task, score.contestant): score for score in (*old, *renewed)}.values())


def _show(scores: list[Score]) -> None:
    print(scores[0].task)
    for score in scores:
        like = "" if score.likeness is None else f"ssim {score.likeness:.4f}"
        like += "" if score.gained is None else f" ({score.gained:+.5f} to sharp's at equal bytes)"
        print(
            f"  {score.contestant:16} {score.ratio:5.2f} ({score.low:.2f}-{score.high:.2f}) "
            f"{score.milliseconds:8.1f} ms {score.bytes:9,} bytes {like}"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
