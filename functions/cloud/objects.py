"""Objects in S3: reads, writes, copies and deletions; each write is conditional.

Every function also raises `botocore.exceptions.ClientError`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from cloud import deadline
from cloud.clients import READ_TIMEOUT, UNREACHED, s3, s3_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from botocore.response import StreamingBody
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, GetObjectOutputTypeDef, HeadObjectOutputTypeDef

NULL_VERSION = "null"
"""S3's name for the version of an object in a bucket without versioning."""
PIECE = 65_536
"""Bytes of a body that are read at once; the deadline is checked in between."""
READS = 3
"""Attempts at a body that breaks off; botocore does not retry a response whose body is being read."""

_MISSING = {"404", "NoSuchKey", "NotFound"}
_ARCHIVED = {"InvalidObjectState", "ObjectNotInActiveTierError"}
_ARCHIVES = {"GLACIER", "DEEP_ARCHIVE"}
_CONFLICTS = {"409", "412", "ConditionalRequestConflict", "OperationAborted", "PreconditionFailed"}


class Conflict(Exception):
    """The object has changed since it was read: a write's condition does not hold."""


class Uncertain(Exception):
    """S3's responses disagree on whether the object exists."""


class Archived(Exception):
    """The object is in an archive and can't be read until it is restored."""


@dataclass(frozen=True, slots=True)
class Object:
    """An object's description; `size` is in bytes, `etag` has its quotes, `headers` are those that a copy keeps.

    `cache_control` and `expires` are the headers as they were written, "" for none. An `archived` object can't be read.
    """

    key: str
    etag: str
    size: int
    version: str
    modified: datetime
    metadata: Mapping[str, str]
    headers: Mapping[str, str]
    cache_control: str = ""
    expires: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class OpenObject:
    """An object whose body has not been read yet. Exactly one of `read` and `close` is called, once."""

    object: Object
    content_type: str
    read: Callable[[], bytes]
    close: Callable[[], None]


_KEPT_HEADERS = ("ContentType", "ContentDisposition", "ContentEncoding", "ContentLanguage")


def _described(key: str, answer: HeadObjectOutputTypeDef | GetObjectOutputTypeDef) -> Object:
    return Object(
        key=key,
        etag=answer["ETag"],
        size=answer["ContentLength"],
        version=answer.get("VersionId", NULL_VERSION),
        modified=answer["LastModified"],
        metadata=answer["Metadata"],
        headers={name: str(answer[name]) for name in _KEPT_HEADERS if name in answer},  # type: ignore[literal-required]
        cache_control=answer.get("CacheControl", ""),
        expires=str(answer.get("ExpiresString", "")),  # not in the types: botocore adds it
        archived=answer.get("StorageClass") in _ARCHIVES and 'ongoing-request="false"' not in answer.get("Restore", ""),
    )


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


@contextmanager
def _conditional() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) in _CONFLICTS | _MISSING:
            raise Conflict(_code(error)) from error
        raise


def head(bucket: str, key: str) -> Object | None:
    """Describe an object, or return None if it does not exist (S3 reports that only with `s3:ListBucket`)."""
    try:
        return _described(key, s3().head_object(Bucket=bucket, Key=key))
    except ClientError as error:
        if _code(error) in _MISSING:
            return None
        raise


def head_source(bucket: str, key: str) -> Object | None:
    """Describe an object of a versioned bucket, or return None if it was certainly removed.

    A bucket whose versioning is young may answer 404 for an object that exists, for some minutes
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/manage-versioning-examples.html). A 404 therefore counts only
    with a delete marker, or when no version of the key is listed either.

    Raises `Uncertain` otherwise.
    """
    try:
        return _described(key, s3().head_object(Bucket=bucket, Key=key))
    except ClientError as error:
        if _code(error) not in _MISSING:
            raise
        if error.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-delete-marker") == "true":
            return None
    # One entry is enough: the key itself sorts before keys that it is a prefix of, and its latest version comes first.
    listed = s3().list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=1)
    if any(entry["Key"] == key for entry in listed.get("Versions", [])):
        raise Uncertain(f"S3 answers 404 for an object that has versions: {key!r}")
    return None


def keys(bucket: str, after: str = "") -> Iterator[str]:
    """Yield the keys of a bucket after a key, or all, in the order of their bytes."""
    start: dict[str, Any] = {"StartAfter": after} if after else {}
    for page in s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, **start):
        yield from (entry["Key"] for entry in page.get("Contents", []))


def open_object(bucket: str, key: str) -> OpenObject | None:
    """Open an object without reading its body; return None if it does not exist."""
    answer = _get(bucket, key)
    if answer is None:
        return None
    body = answer["Body"]
    return OpenObject(
        object=_described(key, answer),
        content_type=answer.get("ContentType", "application/octet-stream"),
        read=partial(_read_again, bucket, key, answer),
        close=body.close,
    )


def read_beginning(bucket: str, described: Object, length: int) -> bytes:
    """Return the first bytes of exactly the described version of an object, at most `length`.

    Raises `Conflict` if it is gone, `Archived` if it can't be read.
    """
    if not described.size:
        return b""  # S3 refuses any range of an empty object
    which: Any = {} if described.version == NULL_VERSION else {"VersionId": described.version}
    try:
        with _conditional():
            answer = s3().get_object(
                Bucket=bucket, Key=described.key, IfMatch=described.etag, Range=f"bytes=0-{length - 1}", **which
            )
    except ClientError as error:
        if _code(error) in _ARCHIVED:
            raise Archived(described.key) from error
        raise
    return _read(answer["Body"])


def _read_again(bucket: str, key: str, answer: GetObjectOutputTypeDef) -> bytes:
    """Read an object's body, and request the same object again if it breaks off. Raises what `_read` does."""
    body = answer["Body"]
    for _ in range(READS - 1):
        try:
            return _read(body)
        except UNREACHED:
            again = _reopen(bucket, key, answer["ETag"])
            if again is None:
                raise
            body = again
    return _read(body)


def _reopen(bucket: str, key: str, etag: str) -> StreamingBody | None:
    """Request an object again, and return its body; None if it has changed or was deleted."""
    answer = _get(bucket, key)
    if answer is None:
        return None
    if answer["ETag"] != etag:
        answer["Body"].close()
        return None
    return answer["Body"]


def _get(bucket: str, key: str) -> GetObjectOutputTypeDef | None:
    try:
        return s3().get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) in _MISSING:
            return None
        raise


def _read(body: StreamingBody) -> bytes:
    """Read a body to its end. Raises `deadline.OutOfTime`, because a limit on each read does not bound the whole.

    Raises one of `clients.UNREACHED` if it breaks off.
    """
    pieces = []
    while piece := body.read(PIECE):
        pieces.append(piece)
        if len(piece) == PIECE:  # there is more, which may be slow
            deadline.check(READ_TIMEOUT)
    return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class Written:
    """How an object is written: its metadata, its one tag `kind`, and its headers."""

    metadata: Mapping[str, str]
    kind: str
    cache_control: str
    headers: Mapping[str, str]
    expires: datetime | None = None

    def arguments(self) -> dict[str, object]:
        """Return the arguments that put_object and copy_object share."""
        return {
            **self.headers,
            **({"Expires": self.expires} if self.expires else {}),
            "CacheControl": self.cache_control,
            "Metadata": dict(self.metadata),
            "Tagging": urlencode({"kind": self.kind}),
            "ServerSideEncryption": "AES256",  # the bucket's default; explicit, or a copy keeps its source's
        }


def _expectation(expected: str | None) -> dict[str, str]:
    return {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}


def put(bucket: str, key: str, body: bytes, written: Written, expected: str | None) -> str:
    """Write an object, and return its ETag. It replaces the object with the ETag `expected`, or with None is new.

    Raises `Conflict` if the bucket has anything else.
    """
    arguments = written.arguments() | _expectation(expected)
    with _conditional():
        return s3().put_object(Bucket=bucket, Key=key, Body=body, **arguments)["ETag"]  # type: ignore[arg-type]


def copy(source: tuple[str, Object], bucket: str, written: Written, expected: str | None) -> str:
    """Copy an object of (bucket, object) to the same key of another bucket, as `put` does, and return the copy's ETag.

    Exactly the described version is copied. At most 5 GB (the limit of CopyObject).

    Raises `Conflict` if either side has changed, `Archived` if the source can't be read.
    """
    source_bucket, original = source
    which: CopySourceTypeDef = {"Bucket": source_bucket, "Key": original.key}
    if original.version != NULL_VERSION:
        which["VersionId"] = original.version
    arguments = written.arguments() | _expectation(expected)
    try:
        with _conditional():
            answer = s3_copies().copy_object(
                Bucket=bucket,
                Key=original.key,
                CopySource=which,
                CopySourceIfMatch=original.etag,
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
                **arguments,  # type: ignore[arg-type]
            )
    except ClientError as error:
        if _code(error) in _ARCHIVED:
            raise Archived(original.key) from error
        raise
    return answer["CopyObjectResult"]["ETag"]


def delete(bucket: str, key: str, expected: str) -> None:
    """Delete the object with the ETag `expected`. Raises `Conflict` if it has changed or was deleted."""
    with _conditional():
        s3().delete_object(Bucket=bucket, Key=key, IfMatch=expected)
