"""Simulated clients: they change originals in S3, and request images through the edge."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from lab.chaos.history import ABSENT, History
from lab.chaos.operations import Action, Operation, object_key
from lab.chaos.originals import COLOURS, UnreadableImageError, draw, read
from lab.chaos.tally import NO_RESPONSE, Answer, Tally

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from local.stack import Stack

TIMEOUT: Final = 120
"""Time limit of a request, in seconds."""
REDIRECTS: Final = 4
ACCEPT: Final = "image/avif,image/webp,*/*"


def image_path(transform: str, key: int) -> str:
    """Return the URL path of an image, or of the original for an empty transform."""
    name = quote(object_key(key))
    return f"/{transform}/{name}" if transform else f"/{name}"


class Clients:
    """All clients, and the history of each original."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession, keys: int) -> None:
        """Use `keys` originals. Changes go to S3 directly, without faults, so that the histories are exact."""
        self.tally = Tally()
        self.histories = [History() for _ in range(keys)]
        self.requested: set[tuple[str, int]] = set()
        """Transform and key of every image that was requested."""
        self._edge = stack.describe()["edge"]
        self._bucket = stack.describe()["source_bucket"]
        self._s3 = stack.s3
        self._session = session
        self._changing = [asyncio.Lock() for _ in range(keys)]

    async def work(self, operations: Iterable[Operation], concurrency: int, pause: float = 0.0) -> None:
        """Run operations with limited concurrency, and pause for some seconds after each."""
        waiting = iter(operations)

        async def work() -> None:
            for operation in waiting:
                await self._do(operation)
                await asyncio.sleep(pause)

        await asyncio.gather(*[work() for _ in range(concurrency)])

    async def view(self, transform: str, key: int, method: str = "GET", prefix: str = "") -> Answer:
        """Request an image as a browser does, and compare the answer with the original's history."""
        self.requested.add((transform, key))
        answer = await self._ask(method, f"{prefix}{image_path(transform, key)}")
        self.tally.count(answer)
        if not answer.failed:
            self._check(answer, key, method)
        return answer

    async def _do(self, operation: Operation) -> None:
        match operation.action:
            case Action.VIEW:
                await self.view(operation.transforms[0], operation.key)
                return
            case Action.HEAD:
                await self.view(operation.transforms[0], operation.key, "HEAD")
                return
            case action:
                async with self._changing[operation.key]:
                    await self._CHANGES[action](self, operation.key)
        await asyncio.gather(*[self.view(transform, operation.key) for transform in operation.transforms])

    async def _overwrite(self, key: int) -> None:
        history = self.histories[key]
        history.newest += 1
        if history.newest == len(COLOURS):
            raise ValueError(f"an original can have at most {len(COLOURS)} versions")
        await self._put(key, history.newest)

    async def _reupload(self, key: int) -> None:
        current = self.histories[key].current
        await (self._overwrite(key) if current is ABSENT else self._put(key, current))

    async def _replace_and_revert(self, key: int) -> None:
        await self._reupload(key)
        first = self.histories[key].current
        await self._overwrite(key)
        if first is not ABSENT:
            await self._put(key, first)

    async def _delete(self, key: int) -> None:
        async def delete() -> None:
            await asyncio.to_thread(self._s3.delete_object, Bucket=self._bucket, Key=object_key(key))

        await self._change(key, ABSENT, delete)

    async def _restore(self, key: int) -> None:
        """Remove the delete marker, or copy an older version over the current one."""
        history = self.histories[key]
        if not history.stored:
            return
        if history.current is ABSENT:
            await self._change(key, history.stored[-1][1], lambda: self._undelete(key))
            return
        identifier, version = history.stored[len(history.stored) // 2]

        async def copy() -> None:
            source = {"Bucket": self._bucket, "Key": object_key(key), "VersionId": identifier}
            answer = await asyncio.to_thread(
                self._s3.copy_object, Bucket=self._bucket, Key=object_key(key), CopySource=source
            )
            history.stored.append((answer["VersionId"], version))

        await self._change(key, version, copy)

    async def _undelete(self, key: int) -> None:
        name = object_key(key)
        listed: dict[str, Any] = await asyncio.to_thread(
            self._s3.list_object_versions, Bucket=self._bucket, Prefix=name
        )
        markers = [each for each in listed.get("DeleteMarkers", []) if each["Key"] == name]
        for marker in markers:  # two deletions create two
            await asyncio.to_thread(
                self._s3.delete_object, Bucket=self._bucket, Key=name, VersionId=marker["VersionId"]
            )

    async def _put(self, key: int, version: int) -> None:
        async def put() -> None:
            answer = await asyncio.to_thread(
                self._s3.put_object, Bucket=self._bucket, Key=object_key(key), Body=draw(key, version)
            )
            self.histories[key].stored.append((answer["VersionId"], version))

        await self._change(key, version, put)

    async def _change(self, key: int, version: int | None, change: Callable[[], Awaitable[None]]) -> None:
        history = self.histories[key]
        history.begin(version, time.monotonic())
        await change()
        history.complete(time.monotonic())

    async def _ask(self, method: str, path: str) -> Answer:
        sent = time.monotonic()
        try:
            for _ in range(REDIRECTS):
                url = URL(f"{self._edge}{path}", encoded=True)
                async with self._session.request(
                    method, url, headers={"Accept": ACCEPT}, allow_redirects=False
                ) as response:
                    body = await response.read()
                if "Location" not in response.headers:
                    break
                path = urlsplit(response.headers["Location"]).path
        except (aiohttp.ClientError, TimeoutError):
            return Answer(path, NO_RESPONSE, {}, b"", sent, time.monotonic())
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(path, response.status, headers, body, sent, time.monotonic())

    def _check(self, answer: Answer, key: int, method: str) -> None:
        """Determine the age of the answer, or record a finding."""
        try:
            version = _version_of(answer, key, method)
        except UnreadableImageError as error:
            self.tally.add_finding(f"{answer.status} {answer.path}: {error}")
            return
        if method == "HEAD" and version is not ABSENT:
            return  # the version is in the body only
        age = self.histories[key].age(version, answer.sent, answer.received)
        if age is None:
            self.tally.add_finding(f"{answer.path} shows version {version}, which never existed")
        else:
            self.tally.oldest = max(self.tally.oldest, age)

    _CHANGES: Final = {
        Action.OVERWRITE: _overwrite,
        Action.REUPLOAD: _reupload,
        Action.REPLACE_AND_REVERT: _replace_and_revert,
        Action.DELETE: _delete,
        Action.RESTORE: _restore,
    }


def _version_of(answer: Answer, key: int, method: str) -> int | None:
    """Return the version that an answer shows. Raise UnreadableImageError for an answer that no viewer should get."""
    if answer.status == HTTPStatus.NOT_FOUND:
        return ABSENT
    if answer.status != HTTPStatus.OK:
        raise UnreadableImageError(f"unexpected status: {answer.body[:200]!r}")
    if method == "HEAD":
        return -1
    shown, version = read(answer.body)
    if shown != key:
        raise UnreadableImageError(f"it shows the original of key {shown}")
    return version
