"""`make demo`: goes through the whole workflow over real HTTP and prints what was observed at each step."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp
from botocore.exceptions import ClientError
from PIL import Image
from rich.console import Console
from yarl import URL

from local.arguments import Parser
from local.emulator.process import ROOT
from local.observations import TIMEOUT_SECONDS, Recorder, Table
from local.session import SAMPLES, describe_pillow, print_stage, run_session, upload
from local.stack import Stack, StackOptions

KEY = "demo/seeding by hand.jpg"
BOX = "300x200"
TARGET = f"{BOX}/{KEY}"
URL_PATH = TARGET.replace(" ", "%20")
OTHERS = ("160x160,fit=cover,format=webp", "400x,format=avif", "200x200,fit=pad,background=204060")
OUTPUT = ROOT / "demo-output"
PLAIN_WIDTH = 240
"""Columns of the table where it is not printed on a terminal."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the edge."""

    status: int
    headers: dict[str, str]
    body: bytes
    milliseconds: float

    @property
    def details(self) -> dict[str, Any]:
        """The columns that the table shows."""
        cache, location = self.headers.get("X-Cache", ""), self.headers.get("Location", "")
        return {"status": self.status, "bytes": len(self.body), "x_cache": cache, "location": location}


@dataclass(slots=True)
class Walk:
    """A walk through the workflow of a running stack."""

    stack: Stack
    session: aiohttp.ClientSession
    recorder: Recorder
    table: Table = field(default_factory=Table)

    async def get(self, path: str) -> Reply:
        """Send a request to the edge, without following redirects."""
        start = time.perf_counter()
        async with self.session.get(self.stack.describe()["edge"] + path, allow_redirects=False) as response:
            body = await response.read()
            milliseconds = (time.perf_counter() - start) * 1000
            return Reply(response.status, dict(response.headers), body, milliseconds)

    async def follow(self, path: str) -> list[Reply]:
        """Send a request to the edge and follow one redirect, as a browser does."""
        reply = await self.get(path)
        if not _redirects(reply):
            return [reply]
        return [reply, await self.get(URL(reply.headers["Location"], encoded=True).raw_path)]

    @property
    def is_private(self) -> bool:
        """Whether the bucket is private: then the edge asks the API itself, without a redirect."""
        return self.stack.options.parameters.get("Delivery") == "private"

    async def head(self, key: str) -> dict[str, Any]:
        """Return the metadata of an object in the destination bucket; empty if there is no such object."""
        bucket = self.stack.describe()["destination_bucket"]
        try:
            answer: dict[str, Any] = await asyncio.to_thread(self.stack.s3.head_object, Bucket=bucket, Key=key)
        except ClientError:
            return {}
        return answer

    async def expect(self, number: str, what: str, **details: object) -> None:
        """Wait for a step and add it to the table."""
        self.table.add(number, what, await self.recorder.find(number, **details))


async def show_upload(walk: Walk, sample: str) -> None:
    """Show steps A to C: an original arrives in the destination bucket."""
    walk.recorder.begin()
    await upload(walk.stack, SAMPLES / sample, KEY)
    size = (SAMPLES / sample).stat().st_size
    await walk.expect("A", f"{sample} was uploaded to the source bucket", bytes=size)
    await walk.expect("B", "the queue delivered its event to the copy function", keys=[KEY])
    copied = await walk.recorder.find("C", key=KEY, change="copied")
    answer = await walk.head(KEY)
    same = answer.get("ContentLength") == size and answer.get("ContentType") == "image/jpeg"
    walk.table.check("C", "the destination bucket has an identical original", seen=bool(copied and same), bytes=size)


async def show_first_request(walk: Walk) -> bytes:
    """Show steps 1 to 13: the first request for a derivative."""
    walk.recorder.begin()
    replies = await walk.follow(f"/{URL_PATH}")
    redirect, reply = replies[0], replies[-1]
    await walk.expect("1", f"a user requested /{TARGET}")
    if walk.is_private:
        await walk.expect("3", "not cached at the edge: signed request to the bucket")
        await walk.expect("5", "not in the bucket (403): the origin group asks API Gateway, without a redirect")
        seen = redirect is reply and reply.status == HTTPStatus.OK
        walk.table.check("6", "nothing to follow: the same request goes on", seen=seen, **reply.details)
    else:
        await walk.expect("3", "not cached at the edge: request to the bucket's website")
        _check_redirect(walk, redirect)
        await walk.expect("6", "the browser followed the redirect")
    await walk.expect("7", "request to API Gateway, which invoked the resize function")
    await walk.expect("8", "the function requested the original from the bucket", key=KEY)
    await walk.expect("9", "the function read the original", key=KEY)
    await walk.expect("10", "it stored the derivative under the requested key", key=TARGET)
    if walk.is_private:
        seen = not walk.recorder.has("11")
        walk.table.check("11", "nothing to invalidate: no redirect was cached", seen=seen)
    else:
        await walk.expect("11", "it invalidated the cached redirect", items=[f"/{URL_PATH}"])
    await walk.expect("12", "it returned the image to API Gateway", key=TARGET)
    stored = await walk.head(TARGET)
    seen = reply.status == HTTPStatus.OK and bool(stored) and len(reply.body) == stored["ContentLength"]
    what = f"the user received {_describe_image(reply)}, identical to the stored one"
    walk.table.check("13", what, seen=seen, milliseconds=reply.milliseconds, **reply.details)
    return reply.body


def _check_redirect(walk: Walk, redirect: Reply) -> None:
    seen = redirect.status == HTTPStatus.TEMPORARY_REDIRECT and "/resize/" in redirect.headers.get("Location", "")
    walk.table.check(
        "5", "not in the bucket: redirect", seen=seen, milliseconds=redirect.milliseconds, **redirect.details
    )


async def show_next_requests(walk: Walk, image: bytes) -> None:
    """Show steps 4 and 2: the same image from the bucket, and then from the cache."""
    walk.recorder.begin()
    what = "second request: found in the destination bucket"
    if walk.is_private:  # the first answer is cached already
        walk.stack.edge.invalidate([f"/{URL_PATH}"])
        what = "request at another edge location: found in the destination bucket"
    reply = await walk.get(f"/{URL_PATH}")
    seen = await walk.recorder.find("4") is not None and reply.body == image
    walk.table.check("4", what, seen=seen, milliseconds=reply.milliseconds, **reply.details)
    reply = await walk.get(f"/{URL_PATH}")
    seen = await walk.recorder.find("2") is not None and reply.body == image
    walk.table.check(
        "2", "third request: found in the cache", seen=seen, milliseconds=reply.milliseconds, **reply.details
    )


async def show_replacement(walk: Walk, sample: str, old: bytes) -> None:
    """Upload another photograph under the same key: the derivatives of the old one disappear."""
    distribution = walk.stack.describe()["distribution_id"]
    await show_upload(walk, sample)
    await walk.expect(
        "C", "the derivatives of the old original were invalidated by cache tag", distribution_id=distribution
    )
    gone = not await walk.head(TARGET)
    walk.table.check("C", "the old derivative was deleted from the bucket", seen=gone)
    *_, reply = await walk.follow(f"/{URL_PATH}")
    seen = reply.status == HTTPStatus.OK and reply.body != old
    what = f"the same URL returns {_describe_image(reply)} of the new original"
    walk.table.check("13", what, seen=seen, milliseconds=reply.milliseconds, **reply.details)


async def show_removal(walk: Walk) -> None:
    """Delete the original: its derivatives are soon gone, too."""
    walk.recorder.begin()
    distribution = walk.stack.describe()["distribution_id"]
    bucket = walk.stack.describe()["source_bucket"]
    await asyncio.to_thread(walk.stack.s3.delete_object, Bucket=bucket, Key=KEY)
    await walk.expect("A", "the original was deleted from the source bucket", key=KEY)
    await walk.expect("C", "its derivatives were invalidated by cache tag", distribution_id=distribution)
    end = time.monotonic() + TIMEOUT_SECONDS
    *_, reply = await walk.follow(f"/{URL_PATH}")
    while reply.status != HTTPStatus.NOT_FOUND and time.monotonic() < end:
        await asyncio.sleep(0.1)
        *_, reply = await walk.follow(f"/{URL_PATH}")
    seen = reply.status == HTTPStatus.NOT_FOUND and not await walk.head(KEY)
    walk.table.check("13", "the same URL returns 404", seen=seen, milliseconds=reply.milliseconds, **reply.details)


async def write_derivatives(walk: Walk) -> None:
    """Write a few derivatives to a folder."""
    OUTPUT.mkdir(exist_ok=True)
    for transform in (BOX, *OTHERS):
        *_, reply = await walk.follow(f"/{transform}/{KEY.replace(' ', '%20')}")
        suffix = reply.headers.get("Content-Type", "").rpartition("/")[2]
        written = reply.status == HTTPStatus.OK and (OUTPUT / f"{transform}.{suffix}").write_bytes(reply.body)
        walk.table.check("", f"demo-output/{transform}.{suffix}", seen=bool(written), **reply.details)


async def demonstrate(options: StackOptions | None = None) -> int:
    """Return 0 if every step was observed."""
    print(f"Starting, with {describe_pillow()} ...", flush=True)
    recorder = Recorder()
    stack = Stack(options or StackOptions(), print_stage)
    stack.observers.append(recorder.record)
    async with stack, aiohttp.ClientSession() as session:
        print_stage("walking through the workflow")
        walk = Walk(stack, session, recorder)
        await show_upload(walk, "seeding.jpg")
        image = await show_first_request(walk)
        await show_next_requests(walk, image)
        await write_derivatives(walk)
        await show_replacement(walk, "hubble.jpg", image)
        await show_removal(walk)
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    Console(width=width).print(walk.table.draw())
    if walk.table.missing:
        print("\nNot observed: " + "; ".join(walk.table.missing), file=sys.stderr)
        return 1
    print("\nEvery step was observed.")
    return 0


def _redirects(reply: Reply) -> bool:
    return reply.status in (HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT) and "Location" in reply.headers


def _describe_image(reply: Reply) -> str:
    """Return the format and size that the bytes have, whatever the headers state."""
    try:
        with Image.open(io.BytesIO(reply.body)) as image:
            image.load()
            return f"a {image.format} image of {image.width}x{image.height}"
    except OSError:
        return "no image"


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run, and return the exit status."""
    description = "Go through the whole workflow on a temporary stack, and write images to demo-output/."
    parser = Parser("python -m local.demo", description=description)
    parser.add_parameters()
    options = parser.parse_args(arguments)
    return run_session(partial(demonstrate, StackOptions(parameters=parser.parse_parameters(options))))


if __name__ == "__main__":
    sys.exit(main())
