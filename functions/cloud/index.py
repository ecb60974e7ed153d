"""The table: which derivatives an original has, what the edge was last told of it, and the month's invalidations.

    original (hash)        derivative (range)    attributes
    original#photos/a.jpg  300x200,f=webp        etag, written, expires,    one row for each derivative
                                                 lease, holder
    original#photos/a.jpg  #                     etag, since                the original itself
    invalidations#2026-11  #                     paths, expires             counted by step 11
    reconciliation#        #                     run, piece, ...            how far a run is: progress.py

`written` and `since` are milliseconds, `expires` seconds, since 1970. `cloud.leases` writes the rows of derivatives.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cloud.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

ITSELF = "#"
"""Range key of an original's own row; no transform is spelled so."""

SECONDS_PER_DAY = 86_400
ROW_DAYS = 3_680
"""How long a derivative's row lives: 30 days longer than any derivative may, whatever its lifetime is.

A changed lifecycle rule applies to what is stored already, and without its row a derivative would outlive its original.
"""
COUNTER_DAYS = 100


class RowChanged(Exception):
    """Another function has changed the row since it was read."""


@dataclass(frozen=True, slots=True)
class OriginalRow:
    """What the edge was last told of an original, and since when, if that may not be all.

    It is the original's ETag, "" for removed, or "changing ..." while it is about to change.

    `since` is 0 once no answer made from an older original can be under way any more.
    """

    etag: str
    since: int


@dataclass(frozen=True, slots=True)
class DerivativeRow:
    """A derivative whose render began at `written`, or that was about to be stored then."""

    transform: str
    written: int


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows of an original."""

    original: OriginalRow | None
    derivatives: tuple[DerivativeRow, ...]


def now() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def row_key(original: str, derivative: str = ITSELF) -> dict[str, AttributeValueTypeDef]:
    """Return the key of an original's row, or of one of its derivatives'."""
    return {"original": {"S": f"original#{original}"}, "derivative": {"S": derivative}}


def read(table: str, original: str) -> Rows:
    """Return all rows of an original, read consistently, on every page."""
    itself: OriginalRow | None = None
    derivatives: list[DerivativeRow] = []
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=table,
            ConsistentRead=True,
            KeyConditionExpression="original = :original",
            ExpressionAttributeValues={":original": {"S": f"original#{original}"}},
        )
    )
    for item in (item for page in pages for item in page["Items"]):
        if item["derivative"]["S"] == ITSELF:
            itself = OriginalRow(item["etag"]["S"], int(item["since"]["N"]))
        else:
            derivatives.append(DerivativeRow(item["derivative"]["S"], int(item["written"]["N"])))
    return Rows(itself, tuple(derivatives))


def knows(table: str, original: str, transform: str) -> bool:
    """Return whether a derivative has a row."""
    return "Item" in dynamodb().get_item(TableName=table, Key=row_key(original, transform), ConsistentRead=True)


def list_unsettled(
    table: str, before: int, start: dict[str, AttributeValueTypeDef] | None
) -> tuple[list[str], dict[str, AttributeValueTypeDef] | None]:
    """Return the originals on one page of the whole table whose rows have been unsettled since before a time (ms).

    Also where the next page starts, or None. Not consistent: what is that old has not been written since.
    """
    where: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
    answer = dynamodb().scan(
        TableName=table,
        FilterExpression="since > :settled AND since < :before",
        ProjectionExpression="original",
        ExpressionAttributeValues={":settled": {"N": "0"}, ":before": {"N": str(before)}},
        **where,
    )
    found = [item["original"]["S"].partition("#")[2] for item in answer["Items"]]
    return found, answer.get("LastEvaluatedKey") or None


def list_derivatives(table: str, original: str, days: int) -> frozenset[str]:
    """Return the transforms of an original that were stored in the last so many days; older ones have expired.

    Not consistent, at half the price: a render that runs at the same time may be missing.
    """
    answers = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression="original = :original",
            FilterExpression="written >= :since",  # which an original's own row has not
            ProjectionExpression="derivative",
            ExpressionAttributeValues={
                ":original": {"S": f"original#{original}"},
                ":since": {"N": str(now() - days * SECONDS_PER_DAY * 1000)},
            },
        )
    )
    return frozenset(item["derivative"]["S"] for answer in answers for item in answer["Items"])


def forget_derivative(table: str, original: str, row: DerivativeRow) -> None:
    """Remove a derivative's row, unless it was written anew since it was read."""
    try:
        dynamodb().delete_item(
            TableName=table,
            Key=row_key(original, row.transform),
            ConditionExpression="written = :written",
            ExpressionAttributeValues={":written": {"N": str(row.written)}},
        )
    except ClientError as error:
        if not is_condition(error):
            raise


def mark_original(table: str, original: str) -> None:
    """Note that an original is about to change: whatever the edge was told of it, it has to be told again.

    Each mark is different from all others, so that nobody who has read the row before takes it for what it was.
    """
    _put_original(table, original, OriginalRow(f"changing {uuid.uuid4().hex}", now()))


def write_original(table: str, original: str, row: OriginalRow, expected: OriginalRow | None) -> None:
    """Note what the edge was told of an original. Raises `RowChanged` where the row is not `expected` any more."""
    condition, values = _unchanged(expected)
    with_values: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    try:
        _put_original(table, original, row, ConditionExpression=condition, **with_values)
    except ClientError as error:
        raise (RowChanged(original) if is_condition(error) else error) from error


def _put_original(table: str, original: str, row: OriginalRow, **conditions: Any) -> None:  # noqa: ANN401 (boto3's)
    item = row_key(original) | {"etag": {"S": row.etag}, "since": {"N": str(row.since)}}
    dynamodb().put_item(TableName=table, Item=item, **conditions)


def forget_original(table: str, original: str, expected: OriginalRow) -> None:
    """Remove the row of an original that is gone. Raises `RowChanged` where it is not `expected` any more."""
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


_spent: set[tuple[str, str]] = set()


def spend_invalidation(table: str, month: str, budget: int) -> bool:
    """Count one invalidation path of a month ("2026-11"), or return False where its budget is spent.

    A process remembers that it is: one row takes 1,000 writes a second, and there may be more first hits than that.
    """
    if (table, month) in _spent:
        return False
    try:
        dynamodb().update_item(
            TableName=table,
            Key={"original": {"S": f"invalidations#{month}"}, "derivative": {"S": ITSELF}},
            UpdateExpression="ADD paths :one SET expires = :expires",
            ConditionExpression="attribute_not_exists(paths) OR paths < :budget",
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":budget": {"N": str(budget)},
                ":expires": {"N": str(now() // 1000 + COUNTER_DAYS * SECONDS_PER_DAY)},
            },
        )
    except ClientError as error:
        if is_condition(error):
            _spent.add((table, month))
            return False
        raise
    return True


def _unchanged(expected: OriginalRow | None) -> tuple[str, dict[str, AttributeValueTypeDef]]:
    if expected is None:
        return "attribute_not_exists(original)", {}
    return "etag = :etag AND since = :since", {":etag": {"S": expected.etag}, ":since": {"N": str(expected.since)}}


def is_condition(error: ClientError) -> bool:
    """Tell whether a write failed because its condition does not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
