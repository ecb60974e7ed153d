"""`make run`: the stack on known ports, with the sample photographs in it, telling each step as it happens."""

from __future__ import annotations

import asyncio
import json
import os
from functools import partial

from local.cloudwatch.dashboard import PATH, TRACES
from local.emulator.process import ROOT
from local.narrator import Narrator
from local.session import describe_pillow, list_samples, read_port, read_public_key, upload
from local.stack import Stack, StackOptions

STATE = ROOT / ".local"
TRANSFORMS = ("300x200", "300x300,fit=cover,format=webp", "600x,format=auto,quality=60")


async def run() -> int:
    """Run until cancelled. Reads EDGE_PORT, AWS_PORT and PUBLIC_KEY, a file with which everything is private."""
    ports = read_port("EDGE_PORT", 8080), read_port("AWS_PORT", 4566)
    options = StackOptions(*ports, STATE / "emulator", public_key=read_public_key("PUBLIC_KEY"))
    narrator = Narrator(partial(print, flush=True))
    print(f"Starting, with {describe_pillow()} ...", flush=True)
    stack = Stack(options)
    stack.observers.append(narrator.tell)
    async with stack:
        try:
            _write_description(stack)
            _print_welcome(stack)
            for path in list_samples():
                await upload(stack, path)
            await asyncio.Event().wait()
        finally:
            _remove_description(stack)
            print("\nStopping ...", flush=True)
    return 0


def _remove_description(stack: Stack) -> None:
    """Remove `.local/stack.json`, unless another stack has written its own since."""
    path = STATE / "stack.json"
    if path.exists() and json.loads(path.read_text()) == stack.describe():
        path.unlink()


def _write_description(stack: Stack) -> None:
    """Write `.local/stack.json` in one go, so that who waits for it never reads half of it."""
    draft = STATE / f"stack.json.{os.getpid()}"
    draft.write_text(json.dumps(stack.describe(), indent=2) + "\n")
    draft.replace(STATE / "stack.json")


def _print_welcome(stack: Stack) -> None:
    description = stack.describe()
    samples = list_samples()
    print("\nOpen in a browser, or ask with curl -L:")
    for number, transform in enumerate(TRANSFORMS):
        print(f"  {description['edge']}/{transform}/{samples[number % len(samples)].name}")
    if "key_id" in description:
        print(f"\nAll of it takes a signature: make private-url KEY_ID={description['key_id']} PRIVATE_KEY=... URL=...")
    print(f"\nThe dashboard is at {description['edge']}{PATH}, and the steps of a first hit, by the x-amzn-RequestId")
    print(f"of its answer, at {description['edge']}{TRACES}ID")
    print("\nUpload a photograph of your own, then ask for it in any size:")
    print(f"  AWS_ACCESS_KEY_ID={stack.emulator.key} AWS_SECRET_ACCESS_KEY={stack.emulator.secret} \\")
    print(f"  AWS_DEFAULT_REGION={description['region']} \\")
    print(f"  aws --endpoint-url {description['aws']} s3 cp photo.jpg s3://{description['source_bucket']}/")
    print("\nAddresses and names are in .local/stack.json. Ctrl-C ends it.\n")
    print("step what", flush=True)
