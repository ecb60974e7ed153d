"""Does the resize function's memory stay flat? `python -m lab.benchmarks.load.memory [RENDERS]`, 10,000 by default."""

from __future__ import annotations

import asyncio
import sys
from http import HTTPStatus
from itertools import cycle
from pathlib import Path

from lab.benchmarks.load.asking import ask_at_once
from lab.benchmarks.load.service import ORIGINAL, Service, run_service

RENDERS = 10_000
SAMPLES = 20
"""How often memory is looked at, at equal distances."""
WORKERS = 2
FORMATS = ("jpeg", "webp", "png", "gif")


def read_resident(process: int) -> float:
    """Return the memory that a process holds, in MB of 1,000,000 bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kibibytes) * 1024 / 1e6


def list_transforms(count: int) -> list[str]:
    """Return so many transforms, no two of them alike, of many sizes up to 420 x 520 and of all types in turn."""
    sizes = [(width, height) for height in range(20, 521, 5) for width in range(20, 421, 4)]
    if count > len(sizes):
        raise ValueError(f"there are {len(sizes)} sizes")
    return [f"{width}x{height},fit=fill,f={kind}" for (width, height), kind in zip(sizes[:count], cycle(FORMATS))]


async def render(service: Service, transforms: list[str]) -> None:
    """Have the API make them all. Raises RuntimeError where it answers anything but an image that it has just made."""
    base, headers = service.api
    answers = await ask_at_once([f"{base}/resize/{each}/{ORIGINAL}" for each in transforms], headers, WORKERS)
    wrong = [answer for answer in answers if answer.status != HTTPStatus.OK or not answer.render]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(answers)} were not rendered, such as {wrong[0]}")


def measure(service: Service, count: int) -> None:
    """Print the table."""
    transforms = list_transforms(count)
    step = max(1, count // SAMPLES)
    workers = service.find_workers("resize")
    print("| renders | " + " | ".join(f"worker {number + 1}, MB" for number in range(len(workers))) + " |")
    print("|---|" + "---|" * len(workers))
    for start in range(0, count, step):
        asyncio.run(render(service, transforms[start : start + step]))
        done = min(start + step, count)
        print(f"| {done:,} | " + " | ".join(f"{read_resident(worker):.0f}" for worker in workers) + " |", flush=True)
    if service.find_workers("resize") != workers:
        raise RuntimeError("a worker ended meanwhile")


if __name__ == "__main__":
    with run_service(WORKERS) as running:
        measure(running, int(sys.argv[1]) if len(sys.argv) > 1 else RENDERS)
