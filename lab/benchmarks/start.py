"""`make bench-start`: what a cold start costs: a fresh process, its imports, and one 3 MP JPEG to 300 pixels."""

from __future__ import annotations

import os
import resource
import statistics
from pathlib import Path

from lab.benchmarks.contestants import CORE, Contestant
from lab.benchmarks.photographs import ORIGINALS, make_originals
from lab.benchmarks.tasks import TASKS

RESULTS = Path(__file__).parent / "results" / "start.md"
OTHERS = ("sharp", "pyvips", "Pillow", "thumbor")
PAIRS = 9

_HEADER = """# Cold start of the core

Processor time of a fresh process from its start to the end of its first task (a 3 MP JPEG to 300 pixels), relative to
the same of each contestant: medians of interleaved pairs. The function's own cold start has more to import than this.

| contestant | core's time relative to its |
|---|--:|
"""


def main() -> None:
    """Measure, print the table and write it to the results."""
    make_originals()
    core = max(os.sched_getaffinity(0))
    lines = []
    for name in OTHERS:
        ratios = [_start(CORE, core) / _start(name, core) for _ in range(PAIRS)]
        lines.append(f"| {name} | {statistics.median(ratios):.2f} |")
        print(lines[-1], flush=True)
    RESULTS.write_text(_HEADER + "\n".join(lines) + "\n")


def _start(name: str, core: int) -> float:
    """Return the seconds that the processor spent on one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    engine = Contestant(name, core)
    engine.do(TASKS[0], ORIGINALS / TASKS[0].original)
    engine.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
