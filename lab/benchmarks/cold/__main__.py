"""Build the images, start each function in turns, and write the time of its first request."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.arguments import Parser, add_renewal, count
from lab.benchmarks.cold.cloud import Cloud
from lab.benchmarks.cold.images import CORE, NODE, ROOT, build_images, read_environment
from lab.benchmarks.cold.report import write_report
from lab.benchmarks.cold.start import Bench, Start, start

RESULTS = ROOT / "lab" / "benchmarks" / "results" / "cold.md"
ORIGINAL = ROOT / ".local" / "benchmarks" / "3mp.jpg"
EVENT = ROOT / "events" / "resize-jpeg-to-webp.json"
PATH = "/resize/300x,f=webp/photos/cat.jpg"


def main() -> None:
    """Measure, and print the results."""
    parser = Parser("make bench-cold", __doc__)
    parser.add_argument("--rounds", type=count, default=15, metavar="N", help="starts of each function (default: 15)")
    add_renewal(parser)
    arguments = parser.parse_args()
    if not ORIGINAL.exists():
        parser.error(f"{ORIGINAL.relative_to(ROOT)} is missing: `make bench-cold` creates it")
    build_images()
    with TemporaryDirectory() as directory:
        work = Path(directory)
        work.chmod(0o755)  # the containers' user reads the certificate
        starts = asyncio.run(_measure(arguments.rounds, work))
    report = write_report(starts)
    print(report)
    if arguments.renew:
        RESULTS.write_text(report)


async def _measure(rounds: int, work: Path) -> dict[str, list[Start]]:
    """Start every function once in each round; the fake AWS runs on the other cores."""
    *others, core = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or [core])
    event = json.dumps(json.loads(EVENT.read_text()) | {"path": PATH})
    starts: dict[str, list[Start]] = {function.name: [] for function in (CORE, *NODE)}
    cloud = Cloud(ORIGINAL.read_bytes(), event)
    async with cloud.serve(work / "certificate.pem"):
        bench = Bench(cloud, core, work, read_environment())
        for _ in range(rounds):
            for function in (CORE, *NODE):
                starts[function.name].append(await start(function, bench))
    return starts


if __name__ == "__main__":
    main()
