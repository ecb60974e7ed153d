"""All queries of the table for originals and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloud import clock
from cloud.clients import dynamodb
from cloud.table import originals
from cloud.table.attributes import from_item, to_item
from cloud.table.rows import DEPENDENT, ITSELF, SECONDS_PER_DAY, DerivativeRow, OriginalRow, partition, row_key

if TYPE_CHECKING:
    from cloud.table.attributes import Item

PAGE = 500
"""Rows that are read at once: a watermark may have a million."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of an original in the order of their range keys; more follow after `last`, unless it is "".

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
        ExpressionAttributeValues=to_item({":original": partition(original)}),
        Limit=limit or PAGE,
        **start,
    )
    own: OriginalRow | None = None
    derivatives: list[DerivativeRow] = []
    for row in map(from_item, answer["Items"]):
        if row["derivative"] == ITSELF:
            own = _original_row(row)
        else:
            derivatives.append(_derivative_row(original, row))
    last = from_item(answer.get("LastEvaluatedKey", {})).get("derivative", "")
    return Page(own, tuple(derivatives), last)


def _original_row(row: dict[str, Any]) -> OriginalRow:
    """Return an original's row. One that older code wrote has no `rounds`: all of them are still to come."""
    return OriginalRow(row["etag"], row["since"], row.get("rounds", originals.ROUNDS))


def _derivative_row(original: str, row: dict[str, Any]) -> DerivativeRow:
    return DerivativeRow(original, row["derivative"], row["written"], row.get("watermark", ""))


def find_row(table: str, original: str, name: str) -> DerivativeRow | None:
    """Return one row of an original, read consistently, or None if it does not exist."""
    answer = dynamodb().query(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="original = :original AND derivative = :name",
        ExpressionAttributeValues=to_item({":original": partition(original), ":name": name}),
    )
    return _derivative_row(original, from_item(answer["Items"][0])) if answer["Items"] else None


def list_unsettled(table: str, before: int, start: Item | None) -> tuple[list[str], Item | None]:
    """Return the originals on one page of the whole table whose rows have been unsettled since before a time (ms).

    Also returns where the next page starts, or None. Eventually consistent, which suffices for rows that old.
    """
    where: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
    answer = dynamodb().scan(
        TableName=table,
        FilterExpression="since > :settled AND since < :before",
        ProjectionExpression="original",
        ExpressionAttributeValues=to_item({":settled": 0, ":before": before}),
        **where,
    )
    found = [from_item(item)["original"].partition("#")[2] for item in answer["Items"]]
    return found, answer.get("LastEvaluatedKey") or None


def list_derivatives(table: str, original: str, days: int) -> frozenset[str]:
    """Return the transforms of an original that were stored in the last `days`; older ones have expired.

    Eventually consistent, at half the price: a concurrent render may be missing.
    """
    answers = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression="original = :original AND derivative < :dependent",
            FilterExpression="written >= :since",  # an original's own row has no such attribute
            ProjectionExpression="derivative",
            ExpressionAttributeValues=to_item(
                {
                    ":original": partition(original),
                    ":dependent": DEPENDENT,
                    ":since": clock.now() - days * SECONDS_PER_DAY * 1000,
                }
            ),
        )
    )
    return frozenset(from_item(item)["derivative"] for answer in answers for item in answer["Items"])
