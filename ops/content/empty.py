"""Empties a stack's destination bucket, which has to be empty before the stack can be deleted.

It holds only copies and derivatives; the source bucket is not touched. A bucket of many millions of objects is emptied
with less effort by a lifecycle rule that expires all of them after a day.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

from ops.confirm import confirm
from ops.errors import CommandFailed
from ops.stack import add_stack_options, describe_stack, find_target, no_stack

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

BATCH = 1000
"""Keys of one request: the most that S3 takes (API reference, DeleteObjects)."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(options: argparse.Namespace) -> int:
    """Ask for the stack's name, and empty its bucket."""
    target = find_target(options)
    formation = target.aws.client("cloudformation")
    if describe_stack(formation, target.name) is None:
        raise CommandFailed(no_stack(target, formation.meta.region_name))
    # By its logical name: a stack whose creation failed has no outputs.
    resource = formation.describe_stack_resource(StackName=target.name, LogicalResourceId="DestinationBucket")
    bucket = resource["StackResourceDetail"]["PhysicalResourceId"]
    confirm(f"Everything in {bucket} will be deleted.", target.name, yes=options.yes)
    print(f"{delete_all(target.aws.client('s3'), bucket):,} objects deleted from {bucket}.")
    return 0


def list_versions(s3: Any, bucket: str) -> Iterator[dict[str, str]]:  # noqa: ANN401 - boto3's s3 client
    """Yield every version and delete marker, as DeleteObjects takes them."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            yield {"Key": item["Key"], "VersionId": item["VersionId"]}


def delete_all(s3: Any, bucket: str) -> int:  # noqa: ANN401 - boto3's s3 client
    """Delete everything in the bucket, and return the number of versions. Raises CommandFailed."""
    versions = list_versions(s3, bucket)
    count = 0
    while batch := list(islice(versions, BATCH)):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for error in answer.get("Errors", ()):
            reason = f"{error['Code']}, {error.get('Message', '')}"
            raise CommandFailed(f"{error['Key']!r} could not be deleted: {reason} ({count:,} were deleted before)")
        count += len(batch)
        if sys.stderr.isatty():
            print(f"\r{count:,} objects", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return count
