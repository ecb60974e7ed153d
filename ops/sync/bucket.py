"""The bucket: what it holds, and changes to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

    from ops.sync.folder import Original

DELETED_AT_ONCE = 1000
"""Keys of one DeleteObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""

_MULTIPART = re.compile(r"[0-9a-f]{32}-[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, or the part of it whose keys begin with `prefix`."""

    client: S3Client
    name: str
    prefix: str = ""

    def list_sizes(self) -> dict[str, int]:
        """Return the size of each object by its key."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix)
        return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", [])}

    def equals(self, original: Original) -> bool:
        """Return whether the object has the content and the type of an original of the same size.

        It compares the SHA-256 of the whole object where S3 has it, as of every upload of this program; else the ETag,
        if that is an MD5 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html) of the whole or of parts.
        """
        try:
            head = self.client.head_object(Bucket=self.name, Key=original.key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):  # removed since it was listed
                return False
            raise
        if head["ContentLength"] != original.size or head.get("ContentType") != original.content_type:
            return False
        checksum = head.get("ChecksumSHA256", "")
        if checksum and "-" not in checksum:
            return checksum == original.sha256()
        return self._equals_by_etag(original, head)

    def _equals_by_etag(self, original: Original, head: HeadObjectOutputTypeDef) -> bool:
        etag = head["ETag"].strip('"')
        if _MULTIPART.fullmatch(etag):
            part = self.client.head_object(Bucket=self.name, Key=original.key, PartNumber=1)
            # Every part but the last has the size of the first, at least with the clients of AWS.
            return part["ContentLength"] > 0 and original.multipart_etag(part["ContentLength"]) == etag
        is_md5 = head.get("ServerSideEncryption", "AES256") == "AES256" and "SSECustomerAlgorithm" not in head
        return is_md5 and original.md5() == etag

    def put(self, original: Original) -> int:
        """Upload an original in one piece, so that it exists completely or not at all, and return its size in bytes.

        S3 rejects it (BadDigest) if it changed on the way, or while it was read. Raises OSError, ClientError.
        """
        checksum = original.sha256()
        with original.path.open("rb") as body:
            self.client.put_object(
                Bucket=self.name,
                Key=original.key,
                Body=body,
                ContentLength=original.size,
                ContentType=original.content_type,
                ChecksumSHA256=checksum,
            )
        return original.size

    def remove(self, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Delete objects; yield each key that could not be deleted, with the reason."""
        for start in range(0, len(keys), DELETED_AT_ONCE):
            some = keys[start : start + DELETED_AT_ONCE]
            answer = self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
            )
            yield from ((error["Key"], error.get("Message", error["Code"])) for error in answer.get("Errors", []))
