"""`make dashboard`: `make run` with a little generated traffic, so that /_dashboard has something to show."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from functools import partial
from typing import Final

import aiohttp
from yarl import URL

from local.arguments import Parser
from local.cloudwatch.dashboard import PATH
from local.session import list_samples, print_stage, run_session, upload
from local.stack import Stack, StackOptions

PAUSE: Final = 0.7
"""Seconds between two requests, on average."""
FORMATS: Final = ("", ",f=webp", ",f=avif", ",f=jpeg", ",f=auto")
INVALID: Final = ("/300x200,fit=wide/hubble.jpg", "/300x200/nothing.jpg", "/999x999,q=101/hubble.jpg")
SHARE_OF_INVALID: Final = 0.08
SHARE_OF_UPLOADS: Final = 0.04
CHANGING: Final = "changing"
"""The key of an original that is replaced now and then."""
SIZES: Final = 40
"""Number of widths requested, most of them repeatedly."""


async def watch(options: StackOptions) -> int:
    """Run until cancelled."""
    stack = Stack(options, print_stage)
    async with stack:
        edge = stack.describe()["edge"]
        print_stage("uploading the photographs of samples/")
        for path in list_samples():
            await upload(stack, path)
        await upload(stack, list_samples()[0], CHANGING)
        print(f"Open {edge}{PATH} in a browser. Ctrl-C stops the stack.", flush=True)
        await _send_requests(stack, edge)
    return 0


async def _send_requests(stack: Stack, edge: str) -> None:
    samples = list_samples()
    async with aiohttp.ClientSession() as session:
        while True:
            if random.random() < SHARE_OF_UPLOADS:  # noqa: S311 - traffic, not a secret
                await upload(stack, random.choice(samples), CHANGING)  # noqa: S311 - as above
            async with session.get(
                URL(edge + _choose_path([CHANGING, *(path.name for path in samples)]), encoded=True)
            ) as answer:
                await answer.read()
            await asyncio.sleep(random.expovariate(1 / PAUSE))


def _choose_path(names: list[str]) -> str:
    """Return the path of a request: small widths far more often than large ones, and some that are invalid."""
    if random.random() < SHARE_OF_INVALID:  # noqa: S311 - as above
        return random.choice(INVALID)  # noqa: S311 - as above
    width = 40 * min(int(random.paretovariate(0.8)), SIZES)
    return f"/{width}x{random.choice(FORMATS)}/{random.choice(names)}"  # noqa: S311 - as above


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run, and return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parser = Parser("python -m local.watch", description="Run the service with a little traffic until Ctrl-C.")
    parser.add_ports()
    parser.add_parameters()
    options = parser.parse_args(arguments)
    stack_options = StackOptions(options.edge_port, options.aws_port, parameters=parser.parse_parameters(options))
    return run_session(partial(watch, stack_options))


if __name__ == "__main__":
    sys.exit(main())
