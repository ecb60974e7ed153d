"""A program around a stack: it ends cleanly on Ctrl-C and SIGTERM, and says in one line why it couldn't start."""

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
    """Run a program and return its exit status: 0 when it was stopped, 1 when the stack could not be started."""
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
            loop.add_signal_handler(kind, lambda: None)  # the second Ctrl-C doesn't interrupt the clean end
        task.cancel()

    for kind in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(kind, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return 0


def describe_pillow() -> str:
    """Return what decodes and encodes here, and a warning where it is not what the images have."""
    versions = {name: _find_version(name) for name in ("pillow-simd", "pillow")}
    if versions["pillow-simd"]:
        return f"Pillow-SIMD {versions['pillow-simd']}"
    return f"stock Pillow {versions['pillow']}, NOT Pillow-SIMD: the same images, more slowly"


def list_samples() -> Sequence[Path]:
    """Return the sample photographs, by name."""
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in (".jpg", ".png"))


async def upload(stack: Stack, path: Path, key: str = "") -> None:
    """Put a file into the source bucket, under its own name if no key is given, with its content type."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    bucket = stack.describe()["source_bucket"]
    content = await asyncio.to_thread(path.read_bytes)
    await asyncio.to_thread(stack.s3.put_object, Bucket=bucket, Key=key or path.name, Body=content, ContentType=kind)


def _find_version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
