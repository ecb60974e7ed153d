"""Measure the first request for an image: wait, processor time and billed time, beside two designs in Node."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps

from lab.arguments import Parser, add_renewal, count
from lab.benchmarks.cold.images import ROOT
from lab.benchmarks.first_hit.aws import Aws
from lab.benchmarks.first_hit.functions import CORE, HERE, PUTTING, READING, Program, Sample, make_event, run
from lab.benchmarks.first_hit.report import check, draw_timeline, write_table

RESULTS = ROOT / "lab" / "benchmarks" / "results"
EVENT = ROOT / "events" / "resize-jpeg-to-webp.json"
PHOTOGRAPH = ROOT / "samples" / "seeding.jpg"
SIZES = {"2mp": (1632, 1224), "8mp": (3264, 2448), "12mp": (4000, 3000)}
TASKS = {
    f"{size.removesuffix('mp')} MP to {width} {kind.upper()}": (size, f"{width}x,f={kind}")
    for size, width, kind in (
        ("2mp", 300, "jpeg"),
        ("2mp", 300, "webp"),
        ("8mp", 800, "jpeg"),
        ("8mp", 800, "webp"),
        ("12mp", 800, "jpeg"),
        ("12mp", 800, "webp"),
        ("12mp", 800, "avif"),
    )
}
WARM_UPS = 2


def main() -> int:
    """Measure, print, and write the results if asked to. Exit with status 1 where the goal is missed."""
    parser = Parser("make bench-first-hit", __doc__)
    parser.add_argument("--rounds", type=count, default=15, metavar="N", help="requests of each task (default: 15)")
    parser.add_argument("--task", default="", help="only tasks with this in their name")
    parser.add_argument("--baseline", type=Path, metavar="FOLDER", help="another checkout, measured in the same run")
    add_renewal(parser)
    arguments = parser.parse_args()
    tasks = {name: task for name, task in TASKS.items() if arguments.task.lower() in name.lower()}
    if not tasks:
        parser.error(f"no task has {arguments.task!r} in its name: {', '.join(TASKS)}")
    programs = [CORE, HERE, READING, PUTTING]
    if arguments.baseline:
        folder = arguments.baseline.resolve() / "functions"
        if not folder.is_dir():
            parser.error(f"{arguments.baseline} is not a checkout of this project")
        programs.insert(2, replace(HERE, name="before", folder=folder))
    with TemporaryDirectory() as directory:
        samples = asyncio.run(_measure(tasks, programs, arguments.rounds, Path(directory)))
    table = write_table(samples)
    print(table)
    if arguments.renew:
        (RESULTS / "first-hit.md").write_text(table)
        (ROOT / "docs" / "images" / "first-hit.svg").write_text(draw_timeline(samples))
    missed = check(samples)
    print(*(f"goal missed: {each}" for each in missed), sep="\n")
    return 1 if missed else 0


def _make_originals(work: Path) -> dict[str, bytes]:
    photograph = Image.open(PHOTOGRAPH).convert("RGB")
    for name, size in SIZES.items():
        image = ImageOps.fit(photograph, size, Image.Resampling.LANCZOS)
        image.save(work / f"{name}.jpg", quality=90, subsampling="4:2:0")
    return {name: (work / f"{name}.jpg").read_bytes() for name in SIZES}


async def _measure(
    tasks: dict[str, tuple[str, str]], programs: list[Program], rounds: int, work: Path
) -> dict[str, dict[str, list[Sample]]]:
    """Request every task of every function once in each round; the stand-in of AWS runs on the other cores."""
    *others, core = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or [core])
    template = json.loads(EVENT.read_text())
    aws = Aws(_make_originals(work))
    samples: dict[str, dict[str, list[Sample]]] = {task: {p.name: [] for p in programs} for task in tasks}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(aws.serve(work / "certificate.pem"))
        running = [(p, await stack.enter_async_context(run(p, aws, core, work))) for p in programs]
        number = 0
        for turn in range(-WARM_UPS, rounds):
            for task, (original, transform) in tasks.items():
                for program, function in running:
                    number += 1
                    sample, answer = await function.measure(make_event(template, transform, original, number))
                    if program == CORE:
                        sample = replace(sample, processor=float(str(answer["core"])))
                    if turn >= 0:
                        samples[task][program.name].append(sample)
    return samples


if __name__ == "__main__":
    sys.exit(main())
