"""Compare the core with sharp, pyvips, Pillow and thumbor, task by task."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from lab.arguments import Parser, count
from lab.benchmarks.comparison import Score, compare
from lab.benchmarks.engine_process import COMMANDS, CORE
from lab.benchmarks.photographs import make_originals
from lab.benchmarks.report import write_plot, write_table
from lab.benchmarks.tasks import TASKS

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
SCORES = RESULTS / "scores.json"


def main() -> None:
    """Run the tasks, and print the scores; `--renew` writes them."""
    others = [name for name in COMMANDS if name != CORE]
    parser = Parser("make bench", __doc__)
    parser.add_argument("--task", default="", metavar="TEXT", help="only tasks whose names contain TEXT")
    parser.add_argument("--against", action="append", choices=others, help="only this engine (repeatable)")
    parser.add_argument(
        "--pairs", type=count, default=9, metavar="N", help="pairs of measurements for each ratio (default: 9)"
    )
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), metavar="N", help="processor core")
    parser.add_argument("--renew", action="store_true", help="replace the results of these tasks, and keep the others")
    arguments = parser.parse_args()
    if not any(arguments.task in task.name for task in TASKS):
        parser.error(f"--task: no task name contains {arguments.task!r}")
    make_originals()
    scores: list[Score] = []
    for task in TASKS:
        if arguments.task in task.name:
            scores += compare(task, arguments.against or others, arguments.pairs, arguments.core)
            _show([score for score in scores if score.task == task.name])
    if not arguments.renew:
        return
    scores = _replace(scores)
    RESULTS.mkdir(exist_ok=True)
    SCORES.write_text(json.dumps([score.as_dict() for score in scores], indent=1) + "\n")
    write_table(scores, RESULTS / "table.md")
    write_plot(scores, ROOT / "docs" / "images" / "speed.svg")


def _replace(renewed: list[Score]) -> list[Score]:
    """Return the earlier results with the renewed ones in their places; new ones follow."""
    old = [Score(**score) for score in json.loads(SCORES.read_text())]
    return list({(score.task, score.engine): score for score in (*old, *renewed)}.values())


def _show(scores: list[Score]) -> None:
    print(scores[0].task)
    for score in scores:
        ssim = "" if score.ssim is None else f"ssim {score.ssim:.4f}"
        ssim += "" if score.ssim_gain is None else f" ({score.ssim_gain:+.5f} over sharp at equal bytes)"
        print(
            f"  {score.engine:16} {score.ratio:5.2f} ({score.low:.2f}-{score.high:.2f}) "
            f"{score.milliseconds:8.1f} ms {score.bytes:9,} bytes {ssim}"
        )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
