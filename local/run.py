"""`make run`: the stack on known ports, with the sample photographs in it; it prints each step as it happens."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from local.cloudwatch.dashboard import PATH, TRACES
from local.description import URL_PATH, remove_description, write_description
from local.emulator.process import ROOT
from local.narrator import Narrator
from local.originals import Folder, Mirror
from local.session import describe_pillow, list_samples, print_stage, upload
from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from local.stack import StackOptions

STATE = ROOT / ".local"
DESCRIPTION = "stack.json"
TRANSFORMS = ("300x200", "300x300,fit=cover,format=webp", "600x,format=auto,quality=60")


async def run(options: StackOptions, *, fresh: bool = False) -> int:
    """Run until cancelled; the emulator's files and the kept originals are under `.local`.

    `fresh` deletes the originals of earlier runs on the same AWS port.
    """
    narrator = Narrator(partial(print, flush=True))
    print(f"Starting, with {describe_pillow()}:", flush=True)
    stack = Stack(replace(options, state=STATE / "emulator" / str(options.aws_port)), print_stage)
    stack.observers.append(narrator.write)
    async with stack:
        description = stack.describe()
        try:
            described = await write_description(STATE / DESCRIPTION, description)
            folder = Folder(STATE / "originals" / str(options.aws_port)) if options.aws_port else None
            if folder and fresh:
                folder.clear()
            _print_welcome(stack, described)
            _print_kept(folder)
            async with _upload_originals(stack, folder):
                await asyncio.Event().wait()
        finally:
            remove_description(STATE / DESCRIPTION, description)
            print("\nStopping ...", flush=True)
    return 0


@asynccontextmanager
async def _upload_originals(stack: Stack, folder: Folder | None) -> AsyncIterator[None]:
    """Upload the samples and the originals of earlier runs; until the end, keep what is uploaded."""
    samples = {path.name: await upload(stack, path) for path in list_samples()}
    if folder is None:
        yield
        return
    mirror = Mirror(stack.s3, stack.describe()["source_bucket"], folder, samples)
    await asyncio.to_thread(mirror.restore)
    stack.observers.append(mirror.observe)
    async with mirror.keep():
        yield


def _print_welcome(stack: Stack, described: Mapping[str, str]) -> None:
    description = stack.describe()
    samples = list_samples()
    print("\nOpen in a browser, or with curl -L:")
    for number, transform in enumerate(TRANSFORMS):
        print(f"  {description['edge']}/{transform}/{samples[number % len(samples)].name}")
    if "key_id" in description:
        print(f"\nEvery URL needs a signature: make private-url KEY_ID={description['key_id']} PRIVATE_KEY=... URL=...")
    print(f"\nDashboard: {description['edge']}{PATH}")
    print(f"Steps of a first request, by the x-amzn-RequestId of its response: {description['edge']}{TRACES}ID")
    print("\nUpload a photograph of your own, then request it in any size:")
    print(f"  AWS_ACCESS_KEY_ID={stack.emulator.key} AWS_SECRET_ACCESS_KEY={stack.emulator.secret} \\")
    print(f"  AWS_DEFAULT_REGION={description['region']} \\")
    print(f"  aws --endpoint-url {description['aws']} s3 cp photo.jpg s3://{description['source_bucket']}/")
    print(f"\nAddresses and names are at {description['edge']}{URL_PATH}" + _describe_file(description, described))
    print("Ctrl-C stops the stack.")


def _print_kept(folder: Folder | None) -> None:
    count = folder.count() if folder else 0
    kept = f" and {count} original{'s' if count > 1 else ''} of earlier runs (FRESH=1: without)" if count else ""
    if folder:
        print(f"Your uploads are kept in {_shorten(folder.path)} and are there again at the next start.")
    else:
        print("Your uploads are lost at the end: only with a fixed AWS_PORT are they kept.")
    print(f"\nUploading the photographs of samples/{kept}:\nstep what", flush=True)


def _shorten(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _describe_file(description: Mapping[str, str], described: Mapping[str, str]) -> str:
    if described == description:
        return " and in .local/stack.json."
    return f";\n.local/stack.json describes another stack that is running ({described['edge']})."
