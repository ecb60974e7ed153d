"""Print the resize function's memory over many renders, which should stay flat."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from itertools import cycle
from pathlib import Path

from lab.arguments import Parser, count
from lab.benchmarks.load.client import fetch_all
from lab.benchmarks.load.service import ORIGINAL, Service, run_service

RENDERS = 10_000
SAMPLES = 20
"""Number of measurements, at equal distances."""
WORKERS = 2
FORMATS = ("jpeg", "webp", "png", "gif")


def read_resident(process: int) -> float:
    """Return the resident memory of a process in MB of 1,000,000 bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kibibytes) * 1024 / 1e6


def list_transforms(count: int) -> list[str]:
    """Return different transforms: all sizes up to 420 x 520, in all formats in turn. Raise ValueError for too many."""
    sizes = [(width, height) for height in range(20, 521, 5) for width in range(20, 421, 4)]
    if count > len(sizes):
        raise ValueError(f"there are only {len(sizes)} sizes")
    return [f"{width}x{height},fit=fill,f={kind}" for (width, height), kind in zip(sizes[:count], cycle(FORMATS))]


async def render(service: Service, transforms: list[str]) -> None:
    """Request all transforms from the API. Raise RuntimeError for any response but a newly rendered image."""
    base, headers = service.api
    answers = await fetch_all([f"{base}/resize/{each}/{ORIGINAL}" for each in transforms], headers, WORKERS)
    wrong = [answer for answer in answers if answer.status != HTTPStatus.OK or not answer.render]
    if wrong:
        raise RuntimeError(
            f"{len(wrong)} of {len(answers)} responses are not newly rendered images, for example {wrong[0]}"
        )


def measure(service: Service, renders: int) -> None:
    """Print the table."""
    transforms = list_transforms(renders)
    step = max(1, renders // SAMPLES)
    workers = service.find_workers("resize")
    print("| renders | " + " | ".join(f"worker {number + 1}, MB" for number in range(len(workers))) + " |")
    print("|---|" + "---|" * len(workers))
    for start in range(0, renders, step):
        asyncio.run(render(service, transforms[start : start + step]))
        done = min(start + step, renders)
        print(f"| {done:,} | " + " | ".join(f"{read_resident(worker):.0f}" for worker in workers) + " |", flush=True)
    if service.find_workers("resize") != workers:
        raise RuntimeError("a worker ended during the measurement")


def main() -> None:
    """Measure on a fresh local stack."""
    parser = Parser("make load-memory", __doc__)
    parser.add_argument("renders", type=count, nargs="?", default=RENDERS, help="default: 10000")
    renders = parser.parse_args().renders
    with run_service(WORKERS) as service:
        measure(service, renders)


if __name__ == "__main__":
    main()
