"""Load the local stack: a thundering herd, throughput and latency by number of users, and a steady mixed load.

Each part runs on a fresh stack. With --renew the report is written to results.md and curve.svg beside this file.
"""

from __future__ import annotations

import asyncio
import csv
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.arguments import Parser, add_renewal, count
from lab.benchmarks.load import herd
from lab.benchmarks.load.service import ORIGINAL, ROOT, Service, run_service

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCUST = ROOT / ".venv" / "tools" / "load" / "bin" / "locust"
USERS = (1, 4, 16, 64, 256)
STEP_SECONDS = 10
STORED = 150
"""Stored images for a step of the curve: 4 % of up to 3,750 requests."""
WORKERS = 2
MINUTES = 5
STEADY_USERS = 16
STEADY_PACE = 4.0
"""Requests a second of each user; the sum is below the capacity of one machine."""
HEADER = (
    "| users | load | requests | failed | requests/s | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Load:
    """A load of some users; `pace` is requests a second of each user, 0 for no limit."""

    users: int
    seconds: int
    pace: float
    stored: int


def run_load(service: Service, load: Load) -> list[dict[str, str]]:
    """Run Locust, and return its rows: one for each kind of request, then their sum. Raise RuntimeError without any."""
    with tempfile.TemporaryDirectory() as directory:
        prefix = Path(directory) / "load"
        command = (
            *(str(LOCUST), "--locustfile", "lab/benchmarks/load/locustfile.py", "--headless", "--only-summary"),
            *("--host", service.edge, "--originals", ORIGINAL, "--stored", str(load.stored), "--pace", str(load.pace)),
            *("--users", str(load.users), "--spawn-rate", str(load.users), "--run-time", f"{load.seconds}s"),
            *("--csv", str(prefix)),
        )
        # Its exit status is 1 if a request failed; the rows have the number of failures.
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        path = prefix.with_name("load_stats.csv")
        rows = list(csv.DictReader(path.open())) if path.exists() else []
    if not rows:
        raise RuntimeError(done.stderr)
    return rows


def format_row(load: Load, row: dict[str, str]) -> str:
    """Return a row of the table."""
    name = "all" if row["Name"] == "Aggregated" else row["Name"]
    speed = f"{float(row['Requests/s']):,.1f}"
    latencies = " | ".join(f"{float(row[share]):,.0f}" for share in ("50%", "95%", "99%"))
    return f"| {load.users} | {name} | {int(row['Request Count']):,} | {row['Failure Count']} | {speed} | {latencies} |"


def measure_curve(service: Service, points: list[dict[str, str]]) -> Iterator[str]:
    """Yield a row for each number of users, and append Locust's row to `points`."""
    for users in USERS:
        load = Load(users, STEP_SECONDS, 0, STORED)
        total = run_load(service, load)[-1]
        points.append({"users": str(users), **total})
        yield format_row(load, total)


def measure_steady(service: Service, minutes: int) -> Iterator[str]:
    """Yield a row for each kind of request in a mixed load."""
    seconds = 60 * minutes
    load = Load(STEADY_USERS, seconds, STEADY_PACE, int(0.05 * STEADY_USERS * STEADY_PACE * seconds))
    for row in run_load(service, load):
        yield format_row(load, row)


def measure(minutes: int, points: list[dict[str, str]]) -> Iterator[str]:
    """Yield the lines of the report, and append Locust's row for each number of users to `points`."""
    yield "# Load on the local stack\n"
    yield f"{herd.CLIENTS} clients at once for one new derivative, {herd.WORKERS} workers:\n"
    with run_service(herd.WORKERS) as service:
        yield from asyncio.run(herd.measure_herds(service, herd.CLIENTS))
    yield f"\nUsers without think time, {STEP_SECONDS} s each, {WORKERS} workers:\n"
    with run_service(WORKERS) as service:
        yield HEADER
        yield from measure_curve(service, points)
        yield "\n![Throughput and latency by users](curve.svg)\n"
        yield f"{STEADY_USERS} users, {STEADY_PACE:g} requests a second each, for {minutes} minutes:\n"
        yield HEADER
        yield from measure_steady(service, minutes)


def draw(points: list[dict[str, str]]) -> None:
    """Draw the curve, with the plotting library of Locust's environment."""
    columns = ("users", "Requests/s", "50%", "99%")
    lines = "\n".join(",".join(point[column] for column in columns) for point in points)
    command = [str(LOCUST.with_name("python")), "-m", "lab.benchmarks.load.plot"]
    subprocess.run(command, input=lines, text=True, check=True, cwd=ROOT)


def main() -> int:
    """Print the report line by line."""
    parser = Parser("make load", __doc__)
    parser.add_argument("minutes", type=count, nargs="?", default=MINUTES, help="of the steady load (default: 5)")
    add_renewal(parser)
    arguments = parser.parse_args()
    lines: list[str] = []
    points: list[dict[str, str]] = []
    for line in measure(arguments.minutes, points):
        print(line, flush=True)
        lines.append(line)
    if arguments.renew:
        draw(points)
        (ROOT / "lab" / "benchmarks" / "load" / "results.md").write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
