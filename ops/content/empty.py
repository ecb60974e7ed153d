"""Empties a stack's destination bucket: only then can it be deleted with the stack. The source bucket is not touched.

All that is deleted can be made again from the originals. A bucket of many millions of objects is emptied with less
trouble by a lifecycle rule that expires everything in it after a day.

Usage: empty.py [CONFIG] [--yes]      CONFIG is an environment of samconfig.toml, `default`, `staging` or `prod`
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BATCH = 1000
"""Keys of one request: the most that S3 takes (API reference, DeleteObjects)."""


class NotEmptiedError(Exception):
    """The bucket could not be emptied. The text is for the person at the terminal."""


def find_bucket(config: str) -> tuple[str, str]:
    """Return the names of the environment's stack and of its destination bucket. Raises NotEmptiedError."""
    try:
        name = tomllib.loads((ROOT / "samconfig.toml").read_text())[config]["delete"]["parameters"]["stack_name"]
    except KeyError:
        raise NotEmptiedError(f"samconfig.toml knows no {config!r} to delete.") from None
    resource = boto3.client("cloudformation").describe_stack_resource(
        StackName=name, LogicalResourceId="DestinationBucket"
    )
    return name, resource["StackResourceDetail"]["PhysicalResourceId"]


def list_versions(s3: Any, bucket: str) -> Iterator[dict[str, str]]:  # noqa: ANN401 - boto3's s3 client
    """Yield every version and delete marker, as DeleteObjects takes them."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            yield {"Key": item["Key"], "VersionId": item["VersionId"]}


def delete_all(s3: Any, bucket: str) -> int:  # noqa: ANN401 - boto3's s3 client
    """Delete everything in the bucket, and return how many versions that were. Raises NotEmptiedError."""
    versions = list_versions(s3, bucket)
    count = 0
    while batch := list(islice(versions, BATCH)):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for error in answer.get("Errors", ()):
            raise NotEmptiedError(f"{error['Key']}: {error['Code']}, {error.get('Message', '')} ({count} were deleted)")
        count += len(batch)
        print(f"\rempty: {count:,} objects", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return count


def is_agreed(stack: str, bucket: str) -> bool:
    """Ask at the terminal."""
    return input(f"Everything in {bucket} will be deleted. To go on, type the stack's name: ") == stack


def main() -> int:
    """Ask, unless told not to, and empty the bucket."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", default="default")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    arguments = parser.parse_args()
    try:
        stack, bucket = find_bucket(arguments.config)
        if not arguments.yes and not is_agreed(stack, bucket):
            print("empty: nothing was deleted", file=sys.stderr)
            return 1
        print(f"{delete_all(boto3.client('s3'), bucket):,} objects of {bucket} were deleted.")
    except (NotEmptiedError, BotoCoreError, ClientError, EOFError) as error:
        print(f"empty: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
