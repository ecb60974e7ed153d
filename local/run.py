"""`make run`: the stack on known ports, with the sample photographs in it; it prints each step as it happens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from local.cloudwatch.dashboard import PATH, TRACES
from local.description import URL_PATH, remove_description, write_description
from local.emulator.process import ROOT
from local.narrator import Narrator
from local.session import describe_pillow, list_samples, upload
from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack import StackOptions

STATE = ROOT / ".local"
DESCRIPTION = "stack.json"
TRANSFORMS = ("300x200", "300x300,fit=cover,format=webp", "600x,format=auto,quality=60")


async def run(options: StackOptions) -> int:
    """Run until cancelled; the emulator's files are under `.local`."""
    narrator = Narrator(partial(print, flush=True))
    print(f"Starting, with {describe_pillow()} ...", flush=True)
    stack = Stack(replace(options, state=STATE / "emulator" / str(options.aws_port)))
    stack.observers.append(narrator.write)
    async with stack:
        description = stack.describe()
        try:
            described = await write_description(STATE / DESCRIPTION, description)
            _print_welcome(stack, described)
            for path in list_samples():
                await upload(stack, path)
            await asyncio.Event().wait()
        finally:
            remove_description(STATE / DESCRIPTION, description)
            print("\nStopping ...", flush=True)
    return 0


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
    print("Ctrl-C stops the stack.\n")
    print("step what", flush=True)


def _describe_file(description: Mapping[str, str], described: Mapping[str, str]) -> str:
    if described == description:
        return " and in .local/stack.json."
    return f";\n.local/stack.json describes another stack that is running ({described['edge']})."
