"""Inject faults into the local stack while clients use it, and search for lost or stale images.

Each level of faults and each outage is a run on a stack of its own. Exit status: 0 nothing was lost or stale; 1 a
violation was found, or nothing was tested; 2 wrong options, or a run could not be finished; 3 the machine was too slow
to tell whether the service failed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lab.arguments import Parser
from lab.chaos.level import Level, OutagePlan, run_level
from lab.chaos.outage import Service
from lab.chaos.recovery import QueueNotEmptyError
from lab.chaos.report import describe, format_table, inconclusive, name, violations
from lab.chaos.wiring import Acceleration
from local.emulator.deployment import DeploymentError
from local.emulator.process import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.chaos.level import Result

OUTAGE_SECONDS = 90
OUTAGE_ACCELERATION = Acceleration(factor=6, settle=41, visibility=60, retry=8)
"""A failing message becomes a dead letter within a minute."""
OUTAGE_DIVISOR = 5
"""A run with an outage has fewer operations than a level of faults: its duration matters there."""
KEYS = 100
"""Originals of a run, or a third of its operations, if that is less: the first operation on each is its upload."""


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; `shares` are 0 to 1."""
    services = ",".join(service.value for service in Service)
    parser = Parser("make chaos", __doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--operations", type=int, default=5000, metavar="N", help="at each level (default: 5000)")
    parser.add_argument(
        "--faults", default="0,1,5,20", metavar="LIST", help="levels, in percent of the calls (default: 0,1,5,20)"
    )
    parser.add_argument("--outage", default="", metavar="LIST", help=f"services to fail, one in each run: {services}")
    parser.add_argument(
        "--delivery", default="redirect", choices=("redirect", "private"), help="of the template (default: redirect)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of operations and faults (default: 1)")
    parser.add_argument("--results", type=Path, metavar="FILE", help="a Markdown file to write the report to")
    parsed = parser.parse_args(arguments)
    try:
        parsed.shares = [float(percent) / 100 for percent in filter(None, parsed.faults.split(","))]
    except ValueError:
        parser.error(f"--faults: {parsed.faults!r} is not a list of percentages, for example 0,1,5")
    unknown = sorted(set(filter(None, parsed.outage.split(","))) - {service.value for service in Service})
    if unknown:
        parser.error(f"--outage: unknown service {unknown[0]!r} (known: {services})")
    parsed.services = [Service(service) for service in filter(None, parsed.outage.split(","))]
    if parsed.operations < 0:
        parser.error("--operations must not be negative")
    if not all(0 <= share < 1 for share in parsed.shares):
        parser.error("--faults: a percentage must be from 0 to below 100")
    return parsed


def _plan(arguments: argparse.Namespace) -> list[Level]:
    operations, seed = arguments.operations, arguments.seed
    if not operations:
        return []
    fewer = max(operations // OUTAGE_DIVISOR, 2)
    delivery = arguments.delivery
    levels = [Level(share, operations, _count_keys(operations), seed, delivery=delivery) for share in arguments.shares]
    return levels + [
        Level(
            share=0,
            operations=fewer,
            keys=_count_keys(fewer),
            seed=seed,
            acceleration=OUTAGE_ACCELERATION,
            outage=OutagePlan(service, OUTAGE_SECONDS),
            delivery=delivery,
        )
        for service in arguments.services
    ]


def _count_keys(operations: int) -> int:
    return max(1, min(KEYS, operations // 3))


async def _run(level: Level) -> Result:
    started = time.monotonic()
    result = await run_level(level)
    print("", *format_table([result]), sep="\n", flush=True)
    for line in describe(result):
        print(f"  {line}", flush=True)
    print(
        f"  Operations took {result.operation_seconds:.0f} s, the run {time.monotonic() - started:.0f} s.", flush=True
    )
    return result


def _write(path: Path, results: list[Result], seed: int) -> None:
    details = [
        line for result in results for line in (f"\n## {name(result)}\n", *(f"- {each}" for each in describe(result)))
    ]
    path.write_text(
        "\n".join([f"# Faults on the local stack (seed {seed})\n", *format_table(results), *details]) + "\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Run the levels and outages one after the other, and return the exit status."""
    parsed = read_arguments(arguments)
    levels = _plan(parsed)
    if not levels:
        print("make chaos: nothing was tested: no operations, or neither faults nor outages", file=sys.stderr)
        return 1
    try:
        results = [asyncio.run(_run(level)) for level in levels]
    except (DeploymentError, EmulatorError, QueueNotEmptyError) as error:
        print(f"make chaos: {error}", file=sys.stderr)
        return 2
    if parsed.results:
        _write(parsed.results, results, parsed.seed)
    if any(list(violations(result)) for result in results):
        return 1
    return 3 if any(list(inconclusive(result)) for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
