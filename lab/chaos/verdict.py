"""Looks, when all is quiet, for what is lost or stale: in the buckets, in the index, and at the edge."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lab.chaos.history import ABSENT
from lab.chaos.operations import name_of
from lab.chaos.originals import Unreadable, draw, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lab.chaos.clients import Clients
    from local.stack import Stack

AT_ONCE = 16
LOOKS = 5
"""At an answer that fails, before it is believed: on a busy machine one may not come in time."""


class Verdict:
    """Compares what is there with what should be; `lost` and `stale` are findings in words."""

    def __init__(self, stack: Stack, clients: Clients) -> None:
        """Prepare to look."""
        self.lost: list[str] = []
        self.stale: list[str] = []
        self.stored = 0
        """Derivatives that are stored."""
        self.asked = 0
        """Answers of the edge that were looked at."""
        self._stack = stack
        self._clients = clients
        self._names = stack.describe()

    async def look(self) -> None:
        """Look at everything."""
        await asyncio.to_thread(self._look_at_buckets)
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(transform: str, key: int, prefix: str) -> None:
            async with gate:
                await self._look_at_edge(transform, key, prefix)

        asked = sorted(self._clients.asked)
        # The edge may have kept both what the website and what the API answered.
        await asyncio.gather(*[ask(transform, key, "") for transform, key in asked])
        await asyncio.gather(*[ask(transform, key, "/resize") for transform, key in asked if transform])

    def _look_at_buckets(self) -> None:
        source, destination = (self._list(self._names[f"{side}_bucket"]) for side in ("source", "destination"))
        by_name = {name_of(key): key for key in range(len(self._clients.histories))}
        for name, key in by_name.items():
            version = self._clients.histories[key].current
            wanted = None if version is ABSENT else draw(key, version)
            if self._body("source", name, source) != wanted:
                self.lost.append(f"{name!r} in the source bucket is not what was uploaded")
            if self._body("destination", name, destination) != wanted:
                self.lost.append(f"{name!r} differs between source and destination bucket")
        rows = self._rows()
        for stored in sorted(set(destination) - set(by_name)):
            self.stored += 1
            transform, _, name = stored.partition("/")
            if (name, transform) not in rows:
                self.lost.append(f"{stored!r} has no row")
            self._look_at_derivative(stored, by_name[name], destination)

    def _look_at_derivative(self, stored: str, key: int, destination: Mapping[str, str]) -> None:
        name = name_of(key)
        if name not in destination:
            self.stale.append(f"{stored!r} is stored, but its original was removed")
            return
        answer = self._stack.s3.get_object(Bucket=self._names["destination_bucket"], Key=stored)
        if answer["Metadata"].get("original-etag") != destination[name]:
            self.stale.append(f"{stored!r} has another original's ETag")
        self._compare(stored, answer["Body"].read(), key)

    async def _look_at_edge(self, transform: str, key: int, prefix: str) -> None:
        for _ in range(LOOKS):
            answer = await self._clients.view(transform, key, prefix=prefix)
            if not answer.failed:
                break
        self.asked += 1
        what = f"the edge's {answer.path}"
        if self._clients.histories[key].current is ABSENT:
            if answer.status != HTTPStatus.NOT_FOUND:
                self.stale.append(f"{what} is {answer.status}, but its original was removed")
        elif answer.status != HTTPStatus.OK:
            self.lost.append(f"{what} is {answer.status}")
        else:
            self._compare(what, answer.body, key)

    def _compare(self, what: str, body: bytes, key: int) -> None:
        wanted = (key, self._clients.histories[key].current)
        try:
            shown = read(body)
        except Unreadable as error:
            self.stale.append(f"{what} can't be read: {error}")
            return
        if shown != wanted:
            self.stale.append(f"{what} shows {shown} instead of {wanted}")

    def _body(self, side: str, name: str, listed: Mapping[str, str]) -> bytes | None:
        if name not in listed:
            return None
        body: bytes = self._stack.s3.get_object(Bucket=self._names[f"{side}_bucket"], Key=name)["Body"].read()
        return body

    def _list(self, bucket: str) -> dict[str, str]:
        """Return the ETags of a bucket's objects by their keys."""
        pages = self._stack.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}

    def _rows(self) -> set[tuple[str, str]]:
        return set(self._read_rows(self._stack.emulator.client("dynamodb")))

    def _read_rows(self, table: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - boto3's client
        for page in table.get_paginator("scan").paginate(TableName=self._names["table"], ConsistentRead=True):
            for item in page["Items"]:
                yield item["original"]["S"].removeprefix("original#"), item["derivative"]["S"]
