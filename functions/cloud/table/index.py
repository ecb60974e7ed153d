"""What the table knows of originals and their derivatives: every question that is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud import clock
from cloud.clients import dynamodb
from cloud.table import originals
from cloud.table.rows import DEPENDENT, ITSELF, SECONDS_PER_DAY, DerivativeRow, OriginalRow, row_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

PAGE = 500
"""Rows that are read at once: a watermark may have a million of them."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of an original in the order of their range keys; `last` is where others follow, "" at the end.

    The first page has the original's own row, if there is one.
    """

    original: OriginalRow | None
    derivatives: tuple[DerivativeRow, ...]
    last: str


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
    rounds = int(item["rounds"]["N"]) if "rounds" in item else originals.ROUNDS
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
                ":since": {"N": str(clock.now() - days * SECONDS_PER_DAY * 1000)},
            },
        )
    )
    return frozenset(item["derivative"]["S"] for answer in answers for item in answer["Items"])
