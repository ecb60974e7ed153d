"""People at work: who upload, overwrite, delete and restore originals, and who look at images through the edge."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from lab.chaos.history import ABSENT, History
from lab.chaos.operations import Action, Operation, name_of
from lab.chaos.originals import COLOURS, Unreadable, draw, read
from lab.chaos.tally import UNANSWERED, Answer, Tally

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from local.stack import Stack

PATIENCE: Final = 120
"""Seconds that a viewer waits."""
REDIRECTS: Final = 4
ACCEPT: Final = "image/avif,image/webp,*/*"


def path_of(transform: str, key: int) -> str:
    """Return the URL path of an image; without a transform it is the original."""
    name = quote(name_of(key))
    return f"/{transform}/{name}" if transform else f"/{name}"


class Clients:
    """Everybody together, with their knowledge of what each original was when."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession, keys: int) -> None:
        """Work on so many originals. The clients of S3 talk to it directly: what they did is the truth."""
        self.tally = Tally()
        self.histories = [History() for _ in range(keys)]
        self.asked: set[tuple[str, int]] = set()
        """Transform and key of all images that were ever asked for."""
        self._edge = stack.describe()["edge"]
        self._bucket = stack.describe()["source_bucket"]
        self._s3 = stack.s3
        self._session = session
        self._changing = [asyncio.Lock() for _ in range(keys)]

    async def work(self, operations: Iterable[Operation], at_once: int, think: float = 0.0) -> None:
        """Do operations, so many at a time; everybody thinks for some seconds after each."""
        waiting = iter(operations)

        async def work() -> None:
            for operation in waiting:
                await self._do(operation)
                await asyncio.sleep(think)

        await asyncio.gather(*[work() for _ in range(at_once)])

    async def view(self, transform: str, key: int, method: str = "GET", prefix: str = "") -> Answer:
        """Ask for an image as a browser does, and hold the answer against the original's history."""
        self.asked.add((transform, key))
        answer = await self._ask(method, f"{prefix}{path_of(transform, key)}")
        self.tally.count(answer)
        if not answer.failed:
            self._judge(answer, key, method)
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
            raise ValueError(f"there are no more than {len(COLOURS)} different versions of one original")
        await self._put(key, history.newest)

    async def _repeat(self, key: int) -> None:
        current = self.histories[key].current
        await (self._overwrite(key) if current is ABSENT else self._put(key, current))

    async def _go_and_come_back(self, key: int) -> None:
        await self._repeat(key)
        first = self.histories[key].current
        await self._overwrite(key)
        if first is not ABSENT:
            await self._put(key, first)

    async def _delete(self, key: int) -> None:
        async def delete() -> None:
            await asyncio.to_thread(self._s3.delete_object, Bucket=self._bucket, Key=name_of(key))

        await self._change(key, ABSENT, delete)

    async def _restore(self, key: int) -> None:
        """Take the delete marker away, or copy an older version over the current one."""
        history = self.histories[key]
        if not history.stored:
            return
        if history.current is ABSENT:
            await self._change(key, history.stored[-1][1], lambda: self._undelete(key))
            return
        identifier, version = history.stored[len(history.stored) // 2]

        async def copy() -> None:
            source = {"Bucket": self._bucket, "Key": name_of(key), "VersionId": identifier}
            answer = await asyncio.to_thread(
                self._s3.copy_object, Bucket=self._bucket, Key=name_of(key), CopySource=source
            )
            history.stored.append((answer["VersionId"], version))

        await self._change(key, version, copy)

    async def _undelete(self, key: int) -> None:
        name = name_of(key)
        listed: dict[str, Any] = await asyncio.to_thread(
            self._s3.list_object_versions, Bucket=self._bucket, Prefix=name
        )
        markers = [each for each in listed.get("DeleteMarkers", []) if each["Key"] == name]
        for marker in markers:  # two deletions leave two
            await asyncio.to_thread(
                self._s3.delete_object, Bucket=self._bucket, Key=name, VersionId=marker["VersionId"]
            )

    async def _put(self, key: int, version: int) -> None:
        async def put() -> None:
            answer = await asyncio.to_thread(
                self._s3.put_object, Bucket=self._bucket, Key=name_of(key), Body=draw(key, version)
            )
            self.histories[key].stored.append((answer["VersionId"], version))

        await self._change(key, version, put)

    async def _change(self, key: int, version: int | None, change: Callable[[], Awaitable[None]]) -> None:
        history = self.histories[key]
        history.begin(version, time.monotonic())
        await change()
        history.complete(time.monotonic())

    async def _ask(self, method: str, path: str) -> Answer:
        asked = time.monotonic()
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
            return Answer(path, UNANSWERED, {}, b"", asked, time.monotonic())
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(path, response.status, headers, body, asked, time.monotonic())

    def _judge(self, answer: Answer, key: int, method: str) -> None:
        """Find how old the answer is, or what else is wrong with it."""
        try:
            version = _version_of(answer, key, method)
        except Unreadable as error:
            self.tally.find(f"{answer.status} {answer.path}: {error}")
            return
        if method == "HEAD" and version is not ABSENT:
            return  # any version
        age = self.histories[key].age(version, answer.asked, answer.answered)
        if age is None:
            self.tally.find(f"{answer.path} shows the version {version}, which never was")
        else:
            self.tally.oldest = max(self.tally.oldest, age)

    _CHANGES: Final = {
        Action.OVERWRITE: _overwrite,
        Action.AGAIN: _repeat,
        Action.THERE_AND_BACK: _go_and_come_back,
        Action.DELETE: _delete,
        Action.RESTORE: _restore,
    }


def _version_of(answer: Answer, key: int, method: str) -> int | None:
    """Return what an answer shows. Raises `Unreadable` for what no viewer should get."""
    if answer.status == HTTPStatus.NOT_FOUND:
        return ABSENT
    if answer.status != HTTPStatus.OK:
        raise Unreadable(f"a status that it should not have: {answer.body[:200]!r}")
    if method == "HEAD":
        return -1
    shown, version = read(answer.body)
    if shown != key:
        raise Unreadable(f"it shows the key {shown}")
    return version
