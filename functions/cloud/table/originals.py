"""The row of an original: which state was last invalidated at the edge, and how many rounds are still to come."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cloud import clock
from cloud.clients import dynamodb
from cloud.table.attributes import to_item
from cloud.table.rows import OriginalRow, is_condition, row_key

if TYPE_CHECKING:
    from cloud.table.attributes import Item

MARK = "changing"
"""Prefix of the ETag in the row of an original that is about to change."""
ROUNDS = 2
"""How often a changed original is invalidated again, a settling time apart: once for each of CloudFront's two layers.

A response on its way to a regional cache at the first invalidation may be on its way to an edge at the second:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowCloudFrontWorks.html
Origin Shield would be a third layer, and take a third round.
"""


class RowChanged(Exception):
    """Another function has changed the row since it was read."""


def mark(table: str, original: str) -> None:
    """Mark an original that is about to change, so that it is invalidated whatever its row was.

    Each mark is unique, so that a function that has read the row before notices the change.
    """
    dynamodb().put_item(TableName=table, Item=new_mark(original))


def new_mark(original: str) -> Item:
    """Return the row that `mark` writes, for a caller with a client of its own."""
    return _item(original, OriginalRow(f"{MARK} {uuid.uuid4().hex}", clock.now()))


def postpone_settlement(table: str, original: str) -> None:
    """Restart the rounds of an unsettled original: a stale derivative was stored until now, and an edge may fetch it.

    A mark is left as it is: a pass will find it, and start the rounds.
    """
    try:
        dynamodb().update_item(
            TableName=table,
            Key=row_key(original),
            UpdateExpression="SET since = :now, rounds = :rounds",
            ConditionExpression="since > :settled AND NOT begins_with(etag, :mark)",
            ExpressionAttributeValues=to_item(
                {":now": clock.now(), ":rounds": ROUNDS, ":settled": 0, ":mark": MARK},
            ),
        )
    except ClientError as error:
        if not is_condition(error):
            raise


def write(table: str, original: str, row: OriginalRow, expected: OriginalRow | None) -> None:
    """Write the row of an original. Raises `RowChanged` unless the row is still `expected`."""
    condition, values = _unchanged(expected)
    with_values: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    try:
        dynamodb().put_item(TableName=table, Item=_item(original, row), ConditionExpression=condition, **with_values)
    except ClientError as error:
        raise (RowChanged(original) if is_condition(error) else error) from error


def _item(original: str, row: OriginalRow) -> Item:
    return row_key(original) | to_item({"etag": row.etag, "since": row.since, "rounds": row.rounds})


def remove(table: str, original: str, expected: OriginalRow) -> None:
    """Remove the row of an original that was deleted. Raises `RowChanged` unless the row is still `expected`."""
    condition, values = _unchanged(expected)
    try:
        dynamodb().delete_item(
            TableName=table,
            Key=row_key(original),
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )
    except ClientError as error:
        raise (RowChanged(original) if is_condition(error) else error) from error


def _unchanged(expected: OriginalRow | None) -> tuple[str, Item]:
    if expected is None:
        return "attribute_not_exists(original)", {}
    return "etag = :etag AND since = :since", to_item({":etag": expected.etag, ":since": expected.since})
