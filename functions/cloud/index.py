"""The table: which derivatives an original has, what the edge was last told of it, and the month's invalidations.

    original (hash)            derivative (range)           attributes
    original#photos/a.jpg      #                            etag, since, rounds     the original itself
    original#photos/a.jpg      300x200,f=webp               etag, written, expires, one row for each derivative
                                                            lease, holder
    original#photos/a.jpg      300x,wm=b.png                the same, and watermark one that has a watermark
    original#watermarks/b.png  ~300x,wm=b.png/photos/a.jpg  etag, written, expires  its twin, under the watermark
    invalidations#2026-11      #                            paths, expires          counted by step 11
    reconciliation#            #                            run, piece, ...         how far a run is: progress.py

`written` and `since` are milliseconds, `expires` seconds, since 1970; `watermark` is the watermark's key.
`cloud.leases` writes the rows of derivatives under their photographs.
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
MARK = "changing"
"""Begins the ETag in the row of an original that is about to change."""
DEPENDENT = "~"
"""Begins the range key of what another original's derivative has under its watermark; all transforms sort before it."""
ROUNDS = 2
"""How often a changed original is invalidated again, a settling time apart: once for each of CloudFront's two layers.

What was under way to a regional cache at the first invalidation may be on its way from there to an edge at the second:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowCloudFrontWorks.html
"""
PAGE = 500
"""Rows that are read at once: a watermark may have a million of them."""

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

    `since` is 0 once no answer made from an older original can be under way any more; until then the edge is told
    another `rounds` times.
    """

    etag: str
    since: int
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class DerivativeRow:
    """A derivative whose render began at `written`, or that was about to be stored then.

    `name` is the range key: the transform, or what is under a watermark. `watermark` is the key of one, if it has any.
    """

    original: str
    name: str
    written: int
    watermark: str = ""

    @property
    def is_dependent(self) -> bool:
        """Whether the row's original is the watermark."""
        return self.name.startswith(DEPENDENT)

    @property
    def storage_key(self) -> str:
        """The derivative's own key in the destination bucket."""
        return self.name.removeprefix(DEPENDENT) if self.is_dependent else f"{self.name}/{self.original}"

    @property
    def twin(self) -> tuple[str, str] | None:
        """The original and range key of the row that the derivative's other original has, if there is another."""
        if self.is_dependent:
            transform, _, photograph = self.storage_key.partition("/")
            return photograph, transform
        return (self.watermark, DEPENDENT + self.storage_key) if self.watermark else None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of an original in the order of their range keys; `last` is where others follow, "" at the end.

    The first page has the original's own row, if there is one.
    """

    original: OriginalRow | None
    derivatives: tuple[DerivativeRow, ...]
    last: str


def now() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def row_key(original: str, derivative: str = ITSELF) -> dict[str, AttributeValueTypeDef]:
    """Return the key of an original's row, or of one of its derivatives'."""
    return {"original": {"S": f"original#{original}"}, "derivative": {"S": derivative}}


def read(table: str, original: str, after: str = "", limit: int = 0) -> Page:
    """Return a page of an original's rows, those after the range key `after`, read consistently; at most `PAGE`."""
    start: dict[str, Any] = {"ExclusiveStartKey": row_key(original, after)} if after else {}
    answer = dynamodb().query(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="original = :original",
        ExpressionAttributeValues={":original": {"S": f"original#{original}"}},
        Limit=limit or PAGE,
        **start,
    )
    itself: OriginalRow | None = None
    derivatives: list[DerivativeRow] = []
    for item in answer["Items"]:
        if item["derivative"]["S"] == ITSELF:
            itself = _original_row(item)
        else:
            derivatives.append(_derivative_row(original, item))
    last = answer.get("LastEvaluatedKey", {}).get("derivative", {}).get("S", "")
    return Page(itself, tuple(derivatives), last)


def _original_row(item: dict[str, AttributeValueTypeDef]) -> OriginalRow:
    """Return what an original's row says; one that older code wrote counts no rounds, and has them all before it."""
    rounds = int(item["rounds"]["N"]) if "rounds" in item else ROUNDS
    return OriginalRow(item["etag"]["S"], int(item["since"]["N"]), rounds)


def _derivative_row(original: str, item: dict[str, AttributeValueTypeDef]) -> DerivativeRow:
    watermark = item.get("watermark", {}).get("S", "")
    return DerivativeRow(original, item["derivative"]["S"], int(item["written"]["N"]), watermark)


def find_row(table: str, original: str, name: str) -> DerivativeRow | None:
    """Return one row of an original, read consistently, or None where there is none."""
    answer = dynamodb().query(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="original = :original AND derivative = :name",
        ExpressionAttributeValues={":original": {"S": f"original#{original}"}, ":name": {"S": name}},
    )
    return _derivative_row(original, answer["Items"][0]) if answer["Items"] else None


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
            KeyConditionExpression="original = :original AND derivative < :dependent",
            FilterExpression="written >= :since",  # which an original's own row has not
            ProjectionExpression="derivative",
            ExpressionAttributeValues={
                ":original": {"S": f"original#{original}"},
                ":dependent": {"S": DEPENDENT},
                ":since": {"N": str(now() - days * SECONDS_PER_DAY * 1000)},
            },
        )
    )
    return frozenset(item["derivative"]["S"] for answer in answers for item in answer["Items"])


def derivative_row(original: str, name: str, etag: str) -> dict[str, AttributeValueTypeDef]:
    """Return the row of a derivative that is about to be stored, of the original with this ETag."""
    written = now()
    return row_key(original, name) | {
        "etag": {"S": etag},
        "written": {"N": str(written)},
        "expires": {"N": str(written // 1000 + ROW_DAYS * SECONDS_PER_DAY)},
    }


def write_dependent(table: str, watermark: str, storage_key: str, etag: str) -> None:
    """Note under a watermark with this ETag that a derivative is about to be stored."""
    dynamodb().put_item(TableName=table, Item=derivative_row(watermark, DEPENDENT + storage_key, etag))


def forget_derivative(table: str, row: DerivativeRow, before: int) -> None:
    """Remove the rows of a derivative, but none that was written at `before` (milliseconds) or later.

    The twin goes first, and the row that was found only after it: dying in between leaves a row that is found again.
    """
    if row.twin is None or _forget(table, *row.twin, before):
        _forget(table, row.original, row.name, before)


def _forget(table: str, original: str, name: str, before: int) -> bool:
    """Remove a derivative's row, and return whether it is gone."""
    try:
        dynamodb().delete_item(
            TableName=table,
            Key=row_key(original, name),
            ConditionExpression="attribute_not_exists(written) OR written < :before",
            ExpressionAttributeValues={":before": {"N": str(before)}},
        )
    except ClientError as error:
        if is_condition(error):
            return False
        raise
    return True


def mark_original(table: str, original: str) -> None:
    """Note that an original is about to change: whatever the edge was told of it, it has to be told again.

    Each mark is different from all others, so that nobody who has read the row before takes it for what it was.
    """
    _put_original(table, original, OriginalRow(f"{MARK} {uuid.uuid4().hex}", now()))


def put_off_settling(table: str, original: str) -> None:
    """Note that something stale was there until now, which an edge may be fetching: the last passes come later then.

    A mark stays as it is: a pass is to come that finds it, and others after it.
    """
    try:
        dynamodb().update_item(
            TableName=table,
            Key=row_key(original),
            UpdateExpression="SET since = :now, rounds = :rounds",
            ConditionExpression="since > :settled AND NOT begins_with(etag, :mark)",
            ExpressionAttributeValues={
                ":now": {"N": str(now())},
                ":rounds": {"N": str(ROUNDS)},
                ":settled": {"N": "0"},
                ":mark": {"S": MARK},
            },
        )
    except ClientError as error:
        if not is_condition(error):
            raise


def write_original(table: str, original: str, row: OriginalRow, expected: OriginalRow | None) -> None:
    """Note what the edge was told of an original. Raises `RowChanged` where the row is not `expected` any more."""
    condition, values = _unchanged(expected)
    with_values: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    try:
        _put_original(table, original, row, ConditionExpression=condition, **with_values)
    except ClientError as error:
        raise (RowChanged(original) if is_condition(error) else error) from error


def _put_original(table: str, original: str, row: OriginalRow, **conditions: Any) -> None:  # noqa: ANN401 (boto3's)
    item = row_key(original) | {
        "etag": {"S": row.etag},
        "since": {"N": str(row.since)},
        "rounds": {"N": str(row.rounds)},
    }
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


def spend_invalidation(table: str, month: str, budget: int) -> int:
    """Count one invalidation path of a month ("2026-11") and return how many that makes, or 0 where all are spent.

    A process remembers that it is: one row takes 1,000 writes a second, and there may be more first hits than that.
    """
    if (table, month) in _spent:
        return 0
    try:
        answer = dynamodb().update_item(
            TableName=table,
            Key={"original": {"S": f"invalidations#{month}"}, "derivative": {"S": ITSELF}},
            UpdateExpression="ADD paths :one SET expires = :expires",
            ConditionExpression="attribute_not_exists(paths) OR paths < :budget",
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":budget": {"N": str(budget)},
                ":expires": {"N": str(now() // 1000 + COUNTER_DAYS * SECONDS_PER_DAY)},
            },
            ReturnValues="UPDATED_NEW",
        )
    except ClientError as error:
        if is_condition(error):
            _spent.add((table, month))
            return 0
        raise
    return int(answer["Attributes"]["paths"]["N"])


def _unchanged(expected: OriginalRow | None) -> tuple[str, dict[str, AttributeValueTypeDef]]:
    if expected is None:
        return "attribute_not_exists(original)", {}
    return "etag = :etag AND since = :since", {":etag": {"S": expected.etag}, ":since": {"N": str(expected.since)}}


def is_condition(error: ClientError) -> bool:
    """Tell whether a write failed because its condition does not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
