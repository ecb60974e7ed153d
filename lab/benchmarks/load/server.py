"""A local stack in a process of its own, so that the load generator does not share its interpreter.

`python -m lab.benchmarks.load.server DIRECTORY WORKERS` serves until it is stopped, and writes its
addresses to DIRECTORY/stack.json.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from lab.benchmarks.load.service import SECRET
from local.lambdas.runtime import PoolSize
from local.session import run_session
from local.stack import Stack, StackOptions

PARAMETERS = {
    "LogLevel": "WARNING",
    "OriginSecret": SECRET,
    # Above the limits of a deployed stack: throttled requests would measure nothing.
    "ApiRateLimit": "10000",
    "ApiBurstLimit": "5000",
    "MaximumDerivatives": "0",
}


async def serve(directory: Path, workers: int) -> int:
    """Run a stack with a fixed number of workers for each function."""
    options = StackOptions(state=directory / "emulator", pool=PoolSize(workers, workers), parameters=PARAMETERS)
    async with Stack(options) as stack:
        draft = directory / "stack.json.draft"
        draft.write_text(json.dumps(stack.describe()))
        draft.replace(directory / "stack.json")
        await asyncio.Event().wait()
    return 0


async def _serve_arguments() -> int:
    return await serve(Path(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(run_session(_serve_arguments))
