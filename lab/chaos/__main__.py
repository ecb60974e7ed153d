"""`make chaos`: operations on the local stack at each level of faults and through outages, and what that did.

`python -m lab.chaos [--operations 5000] [--faults 0,1,5,20] [--outage s3,dynamodb,cloudfront,sqs] [--seed 1]
[--results FILE]`; faults are percentages, and an empty list is none.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lab.chaos.level import Level, Out, run_level
from lab.chaos.outage import Service
from lab.chaos.recovery import Restless
from lab.chaos.report import describe, doubtful, format_table, name, wrong
from lab.chaos.wiring import Pace
from local.emulator.deployment import DeploymentError
from local.emulator.process import EmulatorError

if TYPE_CHECKING:
    from lab.chaos.level import Result

OUTAGE_SECONDS = 90
OUTAGE_PACE = Pace(hurry=6, settle=41, visibility=60, retry=8)
"""With which a message that fails is among the dead ones after a minute at most."""
FRACTION = 5
"""By which operations beside an outage are fewer than those of a level: it is time that counts there."""


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=5000, help="at each level")
    parser.add_argument("--faults", default="0,1,5,20", help="levels, in percent of the calls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, help="the Markdown file to write")
    parser.add_argument(
        "--outage",
        default="",
        help=f"services to fail, one in each run: {', '.join(s.value for s in Service)}",
    )
    arguments = parser.parse_args()
    try:
        arguments.shares = [float(percent) / 100 for percent in filter(None, arguments.faults.split(","))]
    except ValueError:
        parser.error(f"not percentages: {arguments.faults}")
    try:
        arguments.services = [Service(service) for service in filter(None, arguments.outage.split(","))]
    except ValueError as error:
        parser.error(str(error))
    if arguments.operations < 1 or not all(0 <= share < 1 for share in arguments.shares):
        parser.error("operations must be at least 1, faults from 0 to below 100")
    return arguments


def _plan(arguments: argparse.Namespace) -> list[Level]:
    operations, seed = arguments.operations, arguments.seed
    some = max(operations // FRACTION, 2)
    return [Level(share, operations, seed=seed) for share in arguments.shares] + [
        Level(0, some, seed=seed, pace=OUTAGE_PACE, out=Out(service, OUTAGE_SECONDS)) for service in arguments.services
    ]


async def _run(level: Level) -> Result:
    started = time.monotonic()
    result = await run_level(level)
    print("", *format_table([result]), sep="\n", flush=True)
    for line in describe(result):
        print(f"  {line}", flush=True)
    print(f"  {result.worked:.0f} s of operations, {time.monotonic() - started:.0f} s in all.", flush=True)
    return result


def _write(path: Path, results: list[Result], seed: int) -> None:
    details = [
        line for result in results for line in (f"\n## {name(result)}\n", *(f"- {each}" for each in describe(result)))
    ]
    path.write_text(
        "\n".join([f"# Faults on the local stack (seed {seed})\n", *format_table(results), *details]) + "\n"
    )


def main() -> int:
    """Run the levels and outages one after the other.

    The exit status is 1 where anything was lost, stale or wrong, 2 where a run could not be finished, and 3 where all
    that can be said against it is that the machine was too slow.
    """
    arguments = _read_arguments()
    try:
        results = [asyncio.run(_run(level)) for level in _plan(arguments)]
    except (DeploymentError, EmulatorError, Restless) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.results:
        _write(arguments.results, results, arguments.seed)
    if any(list(wrong(result)) for result in results):
        return 1
    return 3 if any(list(doubtful(result)) for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
