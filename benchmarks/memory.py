"""`make bench-memory`: the peak memory of one transcoding in a fresh process, by format and size of the original."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from benchmarks.contestants import CORE, Contestant
from benchmarks.photographs import ORIGINALS, make_originals
from benchmarks.tasks import Task

RESULTS = Path(__file__).parent / "results" / "memory.md"
WIDTH = 800
MEBIBYTE = 1 << 20
MAXIMUM_OUTPUT_PIXELS = 25_000_000
"""The template's default."""

_HEADER = f"""# Peak memory of the core

One transcoding to a JPEG of {WIDTH} pixels' width in a fresh process: the highest resident size, less that of a process
that has transcoded one pixel. A JPEG or a still WebP is decoded at a fraction of its size where that is enough, and
wholly where the derivative is as large as the original (the column on the right, where that is made by default).

| original | pixels | bytes | MiB | bytes a pixel | MiB at full size |
|---|--:|--:|--:|--:|--:|
"""


def main() -> None:
    """Measure all originals of one frame, print the table and write it to the results."""
    make_originals()
    dot = ORIGINALS / "dot.png"
    Image.new("RGB", (1, 1)).save(dot)
    least = _measure(dot, 1)
    lines = []
    for original in sorted(ORIGINALS.glob("*mp*.*"), key=lambda path: (path.suffix, path.stat().st_size)):
        with Image.open(original) as image:
            pixels, width = image.width * image.height, image.width
        used = _measure(original, WIDTH) - least
        whole = f"{(_measure(original, width) - least) // MEBIBYTE}" if pixels <= MAXIMUM_OUTPUT_PIXELS else ""
        lines.append(
            f"| {original.name} | {pixels / 1e6:.0f} MP | {original.stat().st_size:,} | {used // MEBIBYTE} "
            f"| {used / pixels:.1f} | {whole} |"
        )
        print(lines[-1], flush=True)
    RESULTS.write_text(_HEADER + "\n".join(lines) + f"\n\nThe process itself has {least // MEBIBYTE} MiB.\n")


def _measure(original: Path, width: int) -> int:
    """Return the peak in bytes."""
    engine = Contestant(CORE, max(os.sched_getaffinity(0)))
    done = engine.do(Task(original.name, original.name, (width,), "jpeg"), original)
    engine.stop()
    return done.peak


if __name__ == "__main__":
    main()
