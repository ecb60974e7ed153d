"""`make bench-cold`: build the images, start each function anew in turns, and write what its first request took."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.benchmarks.cold.cloud import Cloud
from lab.benchmarks.cold.images import CORE, NODE, ROOT, build_images, read_environment
from lab.benchmarks.cold.report import write_report
from lab.benchmarks.cold.start import Bench, Start, start

RESULTS = ROOT / "lab" / "benchmarks" / "results" / "cold.md"
ORIGINAL = ROOT / ".local" / "benchmarks" / "3mp.jpg"
EVENT = ROOT / "events" / "resize-jpeg-to-webp.json"
PATH = "/resize/300x,f=webp/photos/cat.jpg"


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(prog="make bench-cold", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="starts of each function")
    arguments = parser.parse_args()
    if not ORIGINAL.exists():
        parser.error(f"{ORIGINAL.relative_to(ROOT)} is missing: lab/benchmarks/photographs.py makes it")
    build_images()
    with TemporaryDirectory() as directory:
        work = Path(directory)
        work.chmod(0o755)  # the functions' user reads the certificate
        starts = asyncio.run(_measure(arguments.rounds, work))
    RESULTS.write_text(write_report(starts))
    print(RESULTS.read_text())


async def _measure(rounds: int, work: Path) -> dict[str, list[Start]]:
    """Start every function once in each round; AWS's stand-in has the other cores."""
    *others, core = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or [core])
    event = json.dumps(json.loads(EVENT.read_text()) | {"path": PATH})
    starts: dict[str, list[Start]] = {contender.name: [] for contender in (CORE, *NODE)}
    cloud = Cloud(ORIGINAL.read_bytes(), event)
    async with cloud.serve(work / "certificate.pem"):
        bench = Bench(cloud, core, work, read_environment())
        for _ in range(rounds):
            for contender in (CORE, *NODE):
                starts[contender.name].append(await start(contender, bench))
    return starts


if __name__ == "__main__":
    main()
