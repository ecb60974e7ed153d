"""An S3 in memory: strongly consistent, with versions, delete markers, and the conditions that the functions set.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.scheduler import Scheduler

KEPT = ("ContentType", "ContentDisposition", "ContentEncoding", "ContentLanguage", "CacheControl")
READ_VERSION = "null"


class HookLess:
    """`client.meta` of a client that takes botocore's hooks and never calls them."""

    class events:  # noqa: N801 (boto3's name)
        register = register_first = staticmethod(lambda _name, _hook: None)


def failure(code: str, status: int, operation: str, **headers: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": code},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},  # type: ignore[typeddict-item]
        },
        operation,
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """A version of an object; a delete marker has no body."""

    version: str
    body: bytes | None
    modified: int
    metadata: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    tagging: str = ""

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body or b"", usedforsecurity=False).hexdigest()}"'

    def described(self) -> dict[str, Any]:
        body = self.body or b""
        answer = {
            "ETag": self.etag,
            "ContentLength": len(body),
            "LastModified": datetime.fromtimestamp(self.modified / 1000, UTC),
            "Metadata": dict(self.metadata),
            **self.headers,
        }
        return answer if self.version == READ_VERSION else answer | {"VersionId": self.version}


class Body(BytesIO):
    """The body of an object, which comes after the answer, and may not come."""

    def __init__(self, content: bytes, scheduler: Scheduler) -> None:
        """Have it all, to be read at once."""
        super().__init__(content)
        self._scheduler = scheduler

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to so many bytes; the first read is a call, and a retry starts again."""
        if self.tell():
            return super().read(size)

        def effect() -> bytes:
            self.seek(0)
            return super(Body, self).read(size)

        return self._scheduler.call("ReadBody", effect)


class FakeS3:
    """The operations the functions use, by the names of boto3's client; buckets exist when they are named."""

    def __init__(self, scheduler: Scheduler, now: Callable[[], int], versioned: str) -> None:
        """Make an S3 whose bucket `versioned` keeps versions; `now` is in milliseconds."""
        self.versions: dict[tuple[str, str], list[Stored]] = {}
        self.changed: Callable[[str, str], None] = lambda _bucket, _key: None
        self.meta = HookLess
        self._scheduler = scheduler
        self._now = now
        self._versioned = versioned
        self._counter = 0

    # What the functions call: each is a scheduling point.

    def head_object(self, **arguments: Any) -> dict[str, Any]:
        return self._scheduler.call(f"HeadObject {arguments['Bucket']}", lambda: self.head(**arguments))

    def get_object(self, **arguments: Any) -> dict[str, Any]:
        return self._scheduler.call("GetObject", lambda: self.get(**arguments))

    def put_object(self, **arguments: Any) -> dict[str, Any]:
        return self._scheduler.call("PutObject", lambda: self.put(**arguments))

    def copy_object(self, **arguments: Any) -> dict[str, Any]:
        return self._scheduler.call("CopyObject", lambda: self.copy(**arguments))

    def delete_object(self, **arguments: Any) -> dict[str, Any]:
        return self._scheduler.call("DeleteObject", lambda: self.delete(**arguments))

    def list_object_versions(self, **arguments: Any) -> dict[str, Any]:
        return self._scheduler.call("ListObjectVersions", lambda: self.list_versions(**arguments))

    def get_paginator(self, operation: str) -> FakeS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803 (boto3's names)
        """Yield pages of one key, so that keys may come and go between any two."""
        last: str | None = StartAfter
        while last is not None:
            page, last = self._scheduler.call(f"ListObjects {Bucket}", partial(self._list_page, Bucket, last))
            yield {"Contents": [{"Key": key} for key in page]}

    def _list_page(self, bucket: str, after: str) -> tuple[list[str], str | None]:
        rest = [key for key in self.keys(bucket) if key > after]
        return rest[:1], rest[0] if len(rest) > 1 else None

    # What they do, at once.

    def current(self, bucket: str, key: str) -> Stored | None:
        """Return the object as everyone sees it."""
        versions = self.versions.get((bucket, key))
        return versions[-1] if versions and versions[-1].body is not None else None

    def keys(self, bucket: str) -> list[str]:
        return sorted(key for place, key in self.versions if place == bucket and self.current(bucket, key))

    def head(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        return self._existing(Bucket, Key, "HeadObject", "404").described()

    def get(self, Bucket: str, Key: str, VersionId: str = "", Range: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803, ARG002 (boto3's names)
        which = {"VersionId": VersionId} if VersionId else {}
        stored = self._copied({"Bucket": Bucket, "Key": Key, **which}, "GetObject")
        return stored.described() | {"Body": Body(stored.body or b"", self._scheduler)}

    def _existing(self, bucket: str, key: str, operation: str, code: str) -> Stored:
        versions = self.versions.get((bucket, key), [])
        if versions and versions[-1].body is not None:
            return versions[-1]
        headers = {"x-amz-delete-marker": "true"} if versions else {}
        raise failure(code, HTTPStatus.NOT_FOUND, operation, **headers)

    def _check(self, bucket: str, key: str, conditions: dict[str, Any], operation: str) -> None:
        current = self.current(bucket, key)
        if conditions.get("IfNoneMatch") == "*" and current is not None:
            raise failure("PreconditionFailed", HTTPStatus.PRECONDITION_FAILED, operation)
        if "IfMatch" in conditions:
            if current is None:
                raise failure("NoSuchKey", HTTPStatus.NOT_FOUND, operation)
            if conditions["IfMatch"] != current.etag:
                raise failure("PreconditionFailed", HTTPStatus.PRECONDITION_FAILED, operation)

    def _write(self, bucket: str, key: str, body: bytes | None, arguments: dict[str, Any]) -> Stored:
        self._counter += 1
        version = f"v{self._counter}" if bucket == self._versioned else READ_VERSION
        headers = {name: arguments[name] for name in KEPT if name in arguments}
        metadata = {name.lower(): value for name, value in arguments.get("Metadata", {}).items()}
        stored = Stored(version, body, self._now(), metadata, headers, arguments.get("Tagging", ""))
        kept = self.versions.get((bucket, key), []) if bucket == self._versioned else []
        self.versions[bucket, key] = [*kept, stored]
        self.changed(bucket, key)
        return stored

    def put(self, Bucket: str, Key: str, Body: bytes, **arguments: Any) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        self._check(Bucket, Key, arguments, "PutObject")
        return {"ETag": self._write(Bucket, Key, Body, arguments).etag}

    def copy(self, Bucket: str, Key: str, CopySource: dict[str, str], **arguments: Any) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        source = self._copied(CopySource, "CopyObject")
        if arguments.get("CopySourceIfMatch", source.etag) != source.etag:
            raise failure("PreconditionFailed", HTTPStatus.PRECONDITION_FAILED, "CopyObject")
        self._check(Bucket, Key, arguments, "CopyObject")
        return {"CopyObjectResult": {"ETag": self._write(Bucket, Key, source.body, arguments).etag}}

    def _copied(self, source: dict[str, str], operation: str) -> Stored:
        versions = self.versions.get((source["Bucket"], source["Key"]), [])
        if "VersionId" not in source:
            return self._existing(source["Bucket"], source["Key"], operation, "NoSuchKey")
        for stored in versions:
            if stored.version == source["VersionId"] and stored.body is not None:
                return stored
        raise failure("NoSuchVersion", HTTPStatus.NOT_FOUND, operation)

    def delete(self, Bucket: str, Key: str, VersionId: str = "", **arguments: Any) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        self._check(Bucket, Key, arguments, "DeleteObject")
        versions = self.versions.get((Bucket, Key), [])
        if VersionId:
            self.versions[Bucket, Key] = [stored for stored in versions if stored.version != VersionId]
        elif Bucket == self._versioned:
            self._write(Bucket, Key, None, {})
        else:
            self.versions.pop((Bucket, Key), None)
        if not self.versions.get((Bucket, Key)):
            self.versions.pop((Bucket, Key), None)
        self.changed(Bucket, Key)
        return {}

    def expire_versions(self, bucket: str, due: int) -> list[str]:
        """Drop versions that were replaced before `due`, and marks that stand alone then; return keys of versions.

        S3 announces each version that it drops; of the marks its documentation does not say so.
        """
        expired = []
        for (place, key), versions in list(self.versions.items()):
            if place == bucket:
                replaced = [successor.modified < due for successor in versions[1:]]
                kept = [stored for stored, gone in zip(versions, [*replaced, False], strict=True) if not gone]
                expired += [key] * (len(versions) - len(kept))
                self.versions[place, key] = kept
                if len(kept) == 1 and kept[0].body is None:
                    del self.versions[place, key]
        return expired

    def list_versions(self, Bucket: str, Prefix: str, MaxKeys: int) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        found = [
            {"Key": key, "VersionId": stored.version, "Marker": stored.body is None}
            for (bucket, key), versions in sorted(self.versions.items())
            if bucket == Bucket and key.startswith(Prefix)
            for stored in reversed(versions)
        ][:MaxKeys]
        return {
            "Versions": [entry for entry in found if not entry["Marker"]],
            "DeleteMarkers": [entry for entry in found if entry["Marker"]],
        }
