"""Deletes derivatives, so that they are rendered again: after a change of defaults, or of the transcoding itself.

The stored derivatives are deleted, and the row of their original in the index is marked as changing. The key is then
sent to the copy function, which invalidates the cache tag of a marked original now and twice more, until no old answer
can be under way. An interrupted purge can be repeated.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

from cloud.queue import pass_message
from cloud.table.originals import new_mark
from cloud.table.rows import DEPENDENT, ITSELF
from ops.confirm import confirm
from ops.errors import CommandFailed
from ops.stack import add_stack_options, find_target, read_deployed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from ops.stack import Deployed

JOBS = 16
DELETED_AT_ONCE = 1000
"""Keys of one DeleteObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
PATHS_EACH = 3
"""Invalidation paths of each purged original: one now, and one for each of two later passes."""
DOLLARS_PER_PATH = 0.005
"""After an account's first 1,000 in a month: https://aws.amazon.com/cloudfront/pricing/ on 2026-11-24"""


@dataclass(frozen=True, slots=True)
class Purgeable:
    """An original, and the keys of the derivatives that show it, as the image or as the watermark."""

    key: str
    derivatives: tuple[str, ...]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    parser.add_argument("--prefix", default="", help="only derivatives of originals whose keys begin with this")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(options: argparse.Namespace) -> int:
    """Show the number of derivatives and the price, ask, and purge."""
    deployed = read_deployed(find_target(options))
    found = find_purgeable(deployed, options.prefix, JOBS)
    print(
        f"{count_derivatives(found):,} derivatives of {len(found):,} originals under {options.prefix!r} in "
        f"{deployed.name}.\nThey are rendered again on request. The invalidations cost up to "
        f"USD {estimate_dollars(found):,.2f}."
    )
    if not found:
        return 0
    confirm("They will be deleted.", "purge", yes=options.yes)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("purging", total=len(found))
        purged = purge(deployed, found, JOBS, lambda: progress.advance(task))
    print(f"{purged:,} derivatives deleted; the copy function invalidates them at the edge.")
    return 0


def find_purgeable(deployed: Deployed, prefix: str, jobs: int) -> tuple[Purgeable, ...]:
    """Return the originals whose keys begin with `prefix` and that have derivatives in the index."""
    pages = deployed.client("s3").get_paginator("list_objects_v2")
    listed = pages.paginate(Bucket=deployed.output("SourceBucketName"), Prefix=prefix)
    keys = [entry["Key"] for page in listed for entry in page.get("Contents", [])]
    table = deployed.client("dynamodb")

    def read(key: str) -> Purgeable:
        rows = table.get_paginator("query").paginate(
            TableName=deployed.output("TableName"),
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


def purge(deployed: Deployed, found: Sequence[Purgeable], jobs: int, advance: Callable[[], None]) -> int:
    """Purge originals, and return the number of derivatives. Raises CommandFailed, after purging all others."""
    clients = {service: deployed.client(service) for service in ("s3", "dynamodb", "sqs")}

    def purge_one(each: Purgeable) -> None:
        _purge(deployed, clients, each)
        advance()

    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(purge_one, found):
            pass  # raises the first error of a thread
    return count_derivatives(found)


def count_derivatives(found: Sequence[Purgeable]) -> int:
    """Return the number of derivatives; one with a watermark belongs to two originals, and counts once."""
    return len({key for each in found for key in each.derivatives})


def estimate_dollars(found: Sequence[Purgeable]) -> float:
    """Return the highest price of the invalidations in US dollars, where the free ones are used up."""
    return len(found) * PATHS_EACH * DOLLARS_PER_PATH


def _purge(deployed: Deployed, clients: dict[str, Any], each: Purgeable) -> None:
    keys = [{"Key": key} for key in each.derivatives]
    for start in range(0, len(keys), DELETED_AT_ONCE):
        answer = clients["s3"].delete_objects(
            Bucket=deployed.output("DestinationBucketName"),
            Delete={"Objects": keys[start : start + DELETED_AT_ONCE], "Quiet": True},
        )
        for error in answer.get("Errors", []):
            raise CommandFailed(f"{error['Key']!r}: {error.get('Message', error['Code'])}")
    clients["dynamodb"].put_item(TableName=deployed.output("TableName"), Item=new_mark(each.key))
    clients["sqs"].send_message(QueueUrl=deployed.output("SourceEventsUrl"), MessageBody=pass_message(each.key))
