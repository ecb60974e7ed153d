"""Empties the destination bucket, so that the stack can be deleted. The originals in the source bucket stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operation.deployed import Inoperable

if TYPE_CHECKING:
    from collections.abc import Callable

    from operation.deployed import Deployed


def empty(stack: Deployed, advance: Callable[[int], None]) -> int:
    """Delete every object and every version of the destination bucket, and return how many. Raises Inoperable."""
    bucket = stack.outputs["DestinationBucketName"]
    client = stack.client("s3")
    deleted = 0
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not found:
            continue
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            raise Inoperable(f"{error['Key']!r} can't be deleted: {error.get('Message', error['Code'])}")
        deleted += len(objects)
        advance(len(objects))
    return deleted
