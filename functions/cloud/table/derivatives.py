"""The rows of a derivative: `cloud.table.leases` writes the one under its photograph, this its twin under a watermark.

Both are removed together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cloud import clock
from cloud.clients import dynamodb
from cloud.table.attributes import to_item
from cloud.table.rows import DEPENDENT, SECONDS_PER_DAY, is_condition, row_key

if TYPE_CHECKING:
    from cloud.table.attributes import Item
    from cloud.table.rows import DerivativeRow

ROW_DAYS = 3_680
"""Lifetime of a derivative's row: 30 days longer than the longest lifetime of a derivative.

A changed lifecycle rule applies to stored objects too, and without its row a derivative would outlive its original.
"""


def new_row(original: str, name: str, etag: str) -> Item:
    """Return the row of a derivative that is about to be stored, made of the original with this ETag."""
    written = clock.now()
    expires = written // 1000 + ROW_DAYS * SECONDS_PER_DAY
    return row_key(original, name) | to_item({"etag": etag, "written": written, "expires": expires})


def write_dependent(table: str, watermark: str, storage_key: str, etag: str) -> None:
    """Write the row under a watermark with this ETag, for a derivative that is about to be stored."""
    dynamodb().put_item(TableName=table, Item=new_row(watermark, DEPENDENT + storage_key, etag))


def remove(table: str, row: DerivativeRow, before: int) -> None:
    """Remove the rows of a derivative, but none that was written at `before` (milliseconds) or later.

    The twin is removed first: after a crash in between, the given row is found again.
    """
    if row.twin is None or _remove(table, *row.twin, before):
        _remove(table, row.original, row.name, before)


def _remove(table: str, original: str, name: str, before: int) -> bool:
    """Remove a derivative's row, and return whether it no longer exists."""
    try:
        dynamodb().delete_item(
            TableName=table,
            Key=row_key(original, name),
            ConditionExpression="attribute_not_exists(written) OR written < :before",
            ExpressionAttributeValues=to_item({":before": before}),
        )
    except ClientError as error:
        if is_condition(error):
            return False
        raise
    return True
