"""The originals that `make run` keeps: a mirror of the source bucket in a folder, uploaded again at the next start.

Everything else of a stack is created at each start, so that nothing kept can contradict the template. Older versions
and tags of originals are not kept, nor are the photographs of samples/, unless they were replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shutil
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from local.steps import Step

HEADERS: Final = (
    "ContentType",
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "Metadata",
)
"""What is kept of an object beside its content, by PutObject's names."""
UPLOADED: Final = "A"
"""Number of the step in which an object of the source bucket has changed."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of originals: for each one its content, and a JSON file with its key and headers.

    Files are named by a hash of the key: a key may be longer than a file name, and `a` and `a/b` may both be keys.
    """

    path: Path

    def clear(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.path, ignore_errors=True)

    def read(self) -> Iterator[tuple[Mapping[str, Any], Path]]:
        """Yield PutObject's arguments and the file of the content for each original, by its key."""
        found = []
        for path in self.path.glob("*.json"):
            content = path.with_suffix(".original")
            with contextlib.suppress(ValueError):
                if content.exists():
                    found.append((json.loads(path.read_text()), content))
        yield from sorted(found, key=lambda pair: str(pair[0]["Key"]))

    def count(self) -> int:
        """Return the number of originals."""
        return len(list(self.read()))

    def write(self, headers: Mapping[str, Any], content: bytes) -> None:
        """Write an original; it is never read half written."""
        self.path.mkdir(parents=True, exist_ok=True)
        path = self._place(headers["Key"])
        for suffix, data in ((".original", content), (".json", json.dumps(headers).encode())):
            draft = path.with_suffix(".draft")
            draft.write_bytes(data)
            draft.replace(path.with_suffix(suffix))

    def remove(self, key: str) -> None:
        """Remove an original, if it is there."""
        for suffix in (".json", ".original"):
            self._place(key).with_suffix(suffix).unlink(missing_ok=True)

    def _place(self, key: str) -> Path:
        return self.path / hashlib.sha256(key.encode()).hexdigest()


class Mirror:
    """Keeps a folder equal to a bucket, without the objects that are unchanged `samples` (ETags by key)."""

    def __init__(self, s3: Any, bucket: str, folder: Folder, samples: Mapping[str, str]) -> None:  # noqa: ANN401 - boto3's client
        """Mirror nothing yet: `restore` comes first."""
        self._s3 = s3
        self._bucket = bucket
        self._folder = folder
        self._samples = samples
        self._seen: dict[str, str] = {}
        self._changed = asyncio.Event()

    def restore(self) -> None:
        """Upload what the folder has."""
        for headers, path in self._folder.read():
            answer = self._s3.put_object(Bucket=self._bucket, Body=path.read_bytes(), **headers)
            self._seen[headers["Key"]] = answer["VersionId"]

    def observe(self, step: Step) -> None:
        """Note that the bucket has changed."""
        if step.number == UPLOADED:
            self._changed.set()

    @asynccontextmanager
    async def keep(self) -> AsyncIterator[None]:
        """Follow the bucket's changes, and compare once more at the end."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.to_thread(self.compare)

    async def _follow(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await asyncio.shield(asyncio.to_thread(self.compare))
            except (BotoCoreError, ClientError, OSError) as error:
                # The next change, or the end, compares everything again.
                print(f"Originals were not kept in {self._folder.path}: {error}", file=sys.stderr)

    def compare(self) -> None:
        """Copy what is new in the bucket into the folder, and remove from it what the bucket no longer has."""
        current = {entry["Key"]: (entry["VersionId"], entry["ETag"]) for entry in self._list_current()}
        samples = {key for key, (_, etag) in current.items() if self._samples.get(key) == etag}
        for key in self._seen.keys() - (current.keys() - samples):
            self._folder.remove(key)
            del self._seen[key]
        for key, (version, _) in current.items():
            if key not in samples and self._seen.get(key) != version:
                self._copy(key, version)

    def _list_current(self) -> Iterator[Mapping[str, Any]]:
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket):
            yield from (entry for entry in page.get("Versions", []) if entry["IsLatest"])

    def _copy(self, key: str, version: str) -> None:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key, VersionId=version)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):  # removed since it was listed
                return
            raise
        headers = {name: answer[name] for name in HEADERS if answer.get(name)}
        self._folder.write({"Key": key, **headers}, answer["Body"].read())
        self._seen[key] = version
