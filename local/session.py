"""A program around a stack: ends cleanly on Ctrl-C and SIGTERM, and reports in one line why it could not start."""

from __future__ import annotations

import asyncio
import importlib.metadata
import mimetypes
import signal
import sys
from typing import TYPE_CHECKING

from local.emulator.deployment import DeploymentError
from local.emulator.process import ROOT, EmulatorError
from local.ports import PortTakenError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from local.stack import Stack

SAMPLES = ROOT / "samples"


def run_session(program: Callable[[], Awaitable[int]]) -> int:
    """Run a program and return its exit status: 0 if it was stopped, 1 if the stack could not be started."""
    try:
        return asyncio.run(_run_until_signal(program))
    except (PortTakenError, EmulatorError, DeploymentError) as error:
        print(error, file=sys.stderr)
        return 1


async def _run_until_signal(program: Callable[[], Awaitable[int]]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(program())

    def stop() -> None:
        for kind in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(kind, lambda: None)  # a second Ctrl-C does not interrupt the shutdown
        task.cancel()

    for kind in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(kind, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return 0


def describe_pillow() -> str:
    """Return the name of the image library, with a warning if it is not the one in the container images."""
    versions = {name: _find_version(name) for name in ("pillow-simd", "pillow")}
    if versions["pillow-simd"]:
        return f"Pillow-SIMD {versions['pillow-simd']}"
    return f"Pillow {versions['pillow']} instead of Pillow-SIMD: the same images, but slower"


def print_stage(stage: str) -> None:
    """Print a stage of the start, which takes seconds."""
    print(f"  {stage} ...", flush=True)


def list_samples() -> Sequence[Path]:
    """Return the sample photographs, by name."""
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in (".jpg", ".png"))


async def upload(stack: Stack, path: Path, key: str = "") -> str:
    """Upload a file to the source bucket with its content type, and return its ETag; its name is the default key."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    bucket = stack.describe()["source_bucket"]
    content = await asyncio.to_thread(path.read_bytes)
    answer = await asyncio.to_thread(
        stack.s3.put_object, Bucket=bucket, Key=key or path.name, Body=content, ContentType=kind
    )
    return str(answer["ETag"])


def _find_version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
