"""Purges derivatives, so that they are made again: after a change of defaults, or of the transcoding itself.

What was stored is deleted, and the original's row in the index is marked. A marked row means to the copy function that
the edge is behind: asked to look, it invalidates the original's cache tag, now and twice more when nothing can be
under way any more. So a purge that is interrupted is repeated, and nothing is left half known.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud.queue import pass_message
from cloud.table.originals import new_mark
from cloud.table.rows import DEPENDENT, ITSELF

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.stack import Deployed

DELETED_AT_ONCE = 1000
"""How many keys one DeleteObjects takes: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
PATHS_EACH = 3
"""Invalidation paths that each purged original takes: one now, and one of each of two later passes."""
DOLLARS_PER_PATH = 0.005
"""After an account's first 1,000 in a month: https://aws.amazon.com/cloudfront/pricing/ on 2026-11-24"""


class PurgeFailed(Exception):
    """Some derivatives could not be deleted. The text names one, and why."""


@dataclass(frozen=True, slots=True)
class Purgeable:
    """An original that has derivatives, as such or as the watermark of others, by their keys in the bucket."""

    key: str
    derivatives: tuple[str, ...]


def find_purgeable(stack: Deployed, prefix: str, jobs: int) -> tuple[Purgeable, ...]:
    """Return the originals whose keys begin with `prefix` and of which the index knows derivatives."""
    pages = stack.client("s3").get_paginator("list_objects_v2")
    listed = pages.paginate(Bucket=stack.outputs["SourceBucketName"], Prefix=prefix)
    keys = [entry["Key"] for page in listed for entry in page.get("Contents", [])]
    table = stack.client("dynamodb")

    def read(key: str) -> Purgeable:
        rows = table.get_paginator("query").paginate(
            TableName=stack.outputs["TableName"],
            KeyConditionExpression="original = :original",
            ProjectionExpression="derivative",
            ExpressionAttributeValues={":original": {"S": f"original#{key}"}},
        )
        names = (item["derivative"]["S"] for page in rows for item in page["Items"])
        return Purgeable(key, tuple(_storage_key(name, key) for name in names if name != ITSELF))

    with ThreadPoolExecutor(jobs) as pool:
        return tuple(found for found in pool.map(read, keys) if found.derivatives)


def _storage_key(name: str, key: str) -> str:
    return name.removeprefix(DEPENDENT) if name.startswith(DEPENDENT) else f"{name}/{key}"


def purge(stack: Deployed, found: Sequence[Purgeable], jobs: int, advance: Callable[[], None]) -> int:
    """Purge what was found, and return how many derivatives that was. Raises PurgeFailed, after doing the others."""
    clients = {service: stack.client(service) for service in ("s3", "dynamodb", "sqs")}

    def purge_one(each: Purgeable) -> None:
        _purge(stack, clients, each)
        advance()

    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(purge_one, found):
            pass  # raises what a thread raised
    return count_derivatives(found)


def count_derivatives(found: Sequence[Purgeable]) -> int:
    """Return how many derivatives were found; one with a watermark has two originals."""
    return len({key for each in found for key in each.derivatives})


def estimate_dollars(found: Sequence[Purgeable]) -> float:
    """Return what the invalidations cost at most, in US dollars: beyond the account's free ones."""
    return len(found) * PATHS_EACH * DOLLARS_PER_PATH


def _purge(stack: Deployed, clients: dict[str, Any], each: Purgeable) -> None:
    keys = [{"Key": key} for key in each.derivatives]
    for start in range(0, len(keys), DELETED_AT_ONCE):
        answer = clients["s3"].delete_objects(
            Bucket=stack.outputs["DestinationBucketName"],
            Delete={"Objects": keys[start : start + DELETED_AT_ONCE], "Quiet": True},
        )
        for error in answer.get("Errors", []):
            raise PurgeFailed(f"{error['Key']!r}: {error.get('Message', error['Code'])}")
    clients["dynamodb"].put_item(TableName=stack.outputs["TableName"], Item=new_mark(each.key))
    clients["sqs"].send_message(QueueUrl=stack.outputs["SourceEventsUrl"], MessageBody=pass_message(each.key))
