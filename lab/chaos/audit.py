"""The audit after a run: searches the buckets, the index and the edge for lost or stale objects."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from lab.chaos.history import ABSENT
from lab.chaos.operations import object_key
from lab.chaos.originals import UnreadableImageError, draw, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lab.chaos.clients import Clients
    from local.stack import Stack

CONCURRENCY = 16
ATTEMPTS = 5
"""Attempts before a failed answer counts: on a busy machine one may time out."""


class Audit:
    """Compares the stack with the histories of its clients; `lost` and `stale` list the differences."""

    def __init__(self, stack: Stack, clients: Clients) -> None:
        """Audit a stack against the histories of its clients."""
        self.lost: list[str] = []
        self.stale: list[str] = []
        self.derivatives_checked = 0
        """The number of stored derivatives."""
        self.responses_checked = 0
        """The number of responses of the edge that were compared."""
        self._stack = stack
        self._clients = clients
        self._names = stack.describe()

    async def run(self) -> None:
        """Check everything."""
        await asyncio.to_thread(self._check_buckets)
        gate = asyncio.Semaphore(CONCURRENCY)

        async def check(transform: str, key: int, prefix: str) -> None:
            async with gate:
                await self._check_edge(transform, key, prefix)

        requested = sorted(self._clients.requested)
        # The edge may have cached the answers of both the website and the API.
        await asyncio.gather(*[check(transform, key, "") for transform, key in requested])
        await asyncio.gather(*[check(transform, key, "/resize") for transform, key in requested if transform])

    def _check_buckets(self) -> None:
        source, destination = (self._list(self._names[f"{side}_bucket"]) for side in ("source", "destination"))
        by_name = {object_key(key): key for key in range(len(self._clients.histories))}
        for name, key in by_name.items():
            version = self._clients.histories[key].current
            expected = None if version is ABSENT else draw(key, version)
            if self._body("source", name, source) != expected:
                self.lost.append(f"{name!r} in the source bucket is not what was uploaded")
            if self._body("destination", name, destination) != expected:
                self.lost.append(f"{name!r} differs between source and destination bucket")
        rows = self._rows()
        for stored in sorted(set(destination) - set(by_name)):
            self.derivatives_checked += 1
            transform, _, name = stored.partition("/")
            if (name, transform) not in rows:
                self.lost.append(f"{stored!r} has no row")
            self._check_derivative(stored, by_name[name], destination)

    def _check_derivative(self, stored: str, key: int, destination: Mapping[str, str]) -> None:
        name = object_key(key)
        if name not in destination:
            self.stale.append(f"{stored!r} is stored, but its original was removed")
            return
        answer = self._stack.s3.get_object(Bucket=self._names["destination_bucket"], Key=stored)
        if answer["Metadata"].get("original-etag") != destination[name]:
            self.stale.append(f"{stored!r} has another original's ETag")
        self._compare(stored, answer["Body"].read(), key)

    async def _check_edge(self, transform: str, key: int, prefix: str) -> None:
        for _ in range(ATTEMPTS):
            answer = await self._clients.view(transform, key, prefix=prefix)
            if not answer.failed:
                break
        self.responses_checked += 1
        what = f"the edge's {answer.path}"
        if self._clients.histories[key].current is ABSENT:
            if answer.status != HTTPStatus.NOT_FOUND:
                self.stale.append(f"{what} is {answer.status}, but its original was removed")
        elif answer.status != HTTPStatus.OK:
            self.lost.append(f"{what} is {answer.status}")
        else:
            self._compare(what, answer.body, key)

    def _compare(self, what: str, body: bytes, key: int) -> None:
        expected = (key, self._clients.histories[key].current)
        try:
            shown = read(body)
        except UnreadableImageError as error:
            self.stale.append(f"{what} cannot be read: {error}")
            return
        if shown != expected:
            self.stale.append(f"{what} shows {shown} instead of {expected}")

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
