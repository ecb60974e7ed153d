"""`make bench-memory`: the peak memory of one transcoding in a fresh process.

First of the core, by format and size of the original; then of several engines, at some of the benchmark's tasks.
"""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from lab.arguments import Parser, add_renewal
from lab.benchmarks.engine_process import CORE, Engine
from lab.benchmarks.photographs import ORIGINALS, make_largest, make_originals
from lab.benchmarks.tasks import TASKS, Task

RESULTS = Path(__file__).parent / "results" / "memory.md"
WIDTH = 800
MEBIBYTE = 1 << 20
MAXIMUM_OUTPUT_PIXELS = 25_000_000
"""The template's default."""

ENGINES = (CORE, "sharp", "pyvips", "Pillow", "thumbor")
COMPARED = (
    "12 MP JPEG to 800 JPEG",
    "100 MP JPEG to 800 JPEG",
    "12 MP PNG to 800 JPEG",
    "3 MP RGBA PNG to 800 WebP",
)
"""Names of tasks."""

_HEADER = f"""# Peak memory

## The core, by original

One transcoding to a JPEG {WIDTH} pixels wide in a fresh process: the highest resident size, minus that of a
process that transcoded one pixel. A JPEG or a still WebP is decoded at a fraction of its size where that is enough, and
at full size where the derivative is as large as the original (last column; empty above the default limit of output
pixels).

| original | pixels | bytes | MiB | bytes per pixel | MiB at full size |
|---|--:|--:|--:|--:|--:|
"""

_COMPARISON = f"""## The core and other engines

The highest resident size of the whole process in MiB, including interpreter, libraries and the original's bytes. Each
engine runs one task in a fresh process, without a warm-up, on one core, with the calls of `make bench`.

| task | {" | ".join(ENGINES)} |
|---|{"--:|" * len(ENGINES)}
"""


def main() -> None:
    """Measure, and print both tables."""
    parser = Parser("make bench-memory", __doc__)
    add_renewal(parser)
    renew = parser.parse_args().renew
    make_originals()
    make_largest()
    report = f"{_HEADER}{_measure_originals()}\n{_COMPARISON}{_compare()}"
    if renew:
        RESULTS.write_text(report)


def _measure_originals() -> str:
    """Return the rows of all still originals, and the memory of the process itself."""
    dot = ORIGINALS / "dot.png"
    Image.new("RGB", (1, 1)).save(dot)
    least = _transcode(dot, 1)
    lines = []
    for original in sorted(ORIGINALS.glob("*mp*.*"), key=lambda path: (path.suffix, path.stat().st_size)):
        with Image.open(original) as image:
            pixels, width = image.width * image.height, image.width
        used = _transcode(original, WIDTH) - least
        whole = f"{(_transcode(original, width) - least) // MEBIBYTE}" if pixels <= MAXIMUM_OUTPUT_PIXELS else ""
        lines.append(
            f"| {original.name} | {pixels / 1e6:.0f} MP | {original.stat().st_size:,} | {used // MEBIBYTE} "
            f"| {used / pixels:.1f} | {whole} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines) + f"\n\nThe process itself takes {least // MEBIBYTE} MiB.\n"


def _compare() -> str:
    """Return the rows of the compared tasks."""
    tasks = {task.name: task for task in TASKS}
    lines = []
    for name in COMPARED:
        task = tasks[name]
        peaks = [_measure(engine, task, ORIGINALS / task.original) for engine in ENGINES]
        lines.append(f"| {name} | {' | '.join(f'{peak / MEBIBYTE:.0f}' for peak in peaks)} |\n")
        print(lines[-1], end="", flush=True)
    return "".join(lines)


def _transcode(original: Path, width: int) -> int:
    """Return the core's peak in bytes."""
    return _measure(CORE, Task(original.name, original.name, (width,), "jpeg"), original)


def _measure(engine: str, task: Task, original: Path) -> int:
    """Return the peak memory in bytes of a process that runs only this task."""
    process = Engine(engine, max(os.sched_getaffinity(0)))
    try:
        return process.run(task, original).peak
    finally:
        process.stop()


if __name__ == "__main__":
    main()
