"""`make bench-start`: the cold start of each engine: a fresh process, its imports, and one 3 MP JPEG to 300 pixels."""

from __future__ import annotations

import os
import resource
import statistics
from pathlib import Path

from lab.arguments import Parser, add_renewal
from lab.benchmarks.engine_process import CORE, Engine
from lab.benchmarks.photographs import ORIGINALS, make_originals
from lab.benchmarks.tasks import TASKS

RESULTS = Path(__file__).parent / "results" / "start.md"
OTHERS = ("sharp", "pyvips", "Pillow", "thumbor")
PAIRS = 9

_HEADER = """# Cold start of the core

Processor time of a fresh process from its start to the end of its first task (a 3 MP JPEG to 300 pixels), divided by
that of each engine: medians of interleaved pairs. The function itself imports more than the core.

| engine | core's time divided by the engine's |
|---|--:|
"""


def main() -> None:
    """Measure, and print the table."""
    parser = Parser("make bench-start", __doc__)
    add_renewal(parser)
    renew = parser.parse_args().renew
    make_originals()
    core = max(os.sched_getaffinity(0))
    lines = []
    for name in OTHERS:
        ratios = [_start(CORE, core) / _start(name, core) for _ in range(PAIRS)]
        lines.append(f"| {name} | {statistics.median(ratios):.2f} |")
        print(lines[-1], flush=True)
    if renew:
        RESULTS.write_text(_HEADER + "\n".join(lines) + "\n")


def _start(name: str, core: int) -> float:
    """Return the processor time of one process in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    engine = Engine(name, core)
    engine.run(TASKS[0], ORIGINALS / TASKS[0].original)
    engine.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
