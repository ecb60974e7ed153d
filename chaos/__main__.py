"""`make chaos`: operations on the local stack at each level of faults, and a table of what that did.

`python -m chaos [--operations 5000] [--faults 0,1,5,20] [--seed 1] [--results FILE]`; faults are percentages.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.level import Level, Restless, run_level
from chaos.report import HEADER, describe, format_row, wrong
from local.deployment import DeploymentError
from local.emulator import EmulatorError

if TYPE_CHECKING:
    from chaos.level import Result


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=5000, help="at each level")
    parser.add_argument("--faults", default="0,1,5,20", help="levels, in percent of the calls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, help="a Markdown file that is written anew")
    arguments = parser.parse_args()
    try:
        arguments.shares = [float(percent) / 100 for percent in arguments.faults.split(",")]
    except ValueError:
        parser.error(f"no percentages: {arguments.faults}")
    if arguments.operations < 1 or not all(0 <= share < 1 for share in arguments.shares):
        parser.error("operations are at least 1, faults from 0 to below 100")
    return arguments


async def _run(level: Level) -> Result:
    started = time.monotonic()
    result = await run_level(level)
    print(format_row(result), flush=True)
    for line in describe(result):
        print(f"  {line}", flush=True)
    print(f"  {result.worked:.0f} s of operations, {time.monotonic() - started:.0f} s in all.", flush=True)
    return result


def _write(path: Path, results: list[Result], seed: int) -> None:
    rows = [HEADER, *map(format_row, results)]
    details = [
        line
        for result in results
        for line in (f"\n## {result.level.share:.0%}\n".replace("%", " %"), *(f"- {each}" for each in describe(result)))
    ]
    path.write_text("\n".join([f"# Faults on the local stack (seed {seed})\n", *rows, *details]) + "\n")


def main() -> int:
    """Run the levels one after the other; the exit status is 1 where anything was lost, stale or wrong."""
    arguments = _read_arguments()
    print(HEADER, flush=True)
    try:
        results = [
            asyncio.run(_run(Level(share, arguments.operations, seed=arguments.seed))) for share in arguments.shares
        ]
    except (DeploymentError, EmulatorError, Restless) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.results:
        _write(arguments.results, results, arguments.seed)
    return 1 if any(list(wrong(result)) for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
