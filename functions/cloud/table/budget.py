"""Counts a month's invalidations of redirects (step 11) in one row."""

from __future__ import annotations

from botocore.exceptions import ClientError

from cloud import clock
from cloud.clients import dynamodb
from cloud.table.attributes import from_item, to_item
from cloud.table.rows import ITSELF, SECONDS_PER_DAY, is_condition

COUNTER_DAYS = 100

_spent: set[tuple[str, str]] = set()


def spend_invalidation(table: str, month: str, budget: int) -> int:
    """Count one invalidation path of a month ("2026-11") and return the new count, or 0 if the budget is spent.

    The process remembers a spent budget: one row takes 1,000 writes a second, and there may be more first hits.
    """
    if (table, month) in _spent:
        return 0
    try:
        answer = dynamodb().update_item(
            TableName=table,
            Key=to_item({"original": f"invalidations#{month}", "derivative": ITSELF}),
            UpdateExpression="ADD paths :one SET expires = :expires",
            ConditionExpression="attribute_not_exists(paths) OR paths < :budget",
            ExpressionAttributeValues=to_item(
                {":one": 1, ":budget": budget, ":expires": clock.now() // 1000 + COUNTER_DAYS * SECONDS_PER_DAY}
            ),
            ReturnValues="UPDATED_NEW",
        )
    except ClientError as error:
        if is_condition(error):
            _spent.add((table, month))
            return 0
        raise
    return int(from_item(answer["Attributes"])["paths"])
