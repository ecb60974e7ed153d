"""Progress of a run of reconciliation: one row of the table, which exists only during a run.

The row's key is `reconciliation#` and `#` (see rows.py); its attributes are those of `Progress`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from botocore.exceptions import ClientError

from cloud.clients import dynamodb
from cloud.table.attributes import from_item, to_item
from cloud.table.rows import ITSELF, is_condition

_KEY = to_item({"original": "reconciliation#", "derivative": ITSELF})


class Overtaken(Exception):
    """The row has changed: a duplicate invocation has done this piece, or another run has begun."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A run: the number of the next piece, where it begins, and when that was written (`moved`, in ms).

    `stage` is what is being inspected; the piece begins after `after`, "" for the beginning.
    """

    run: str
    piece: int
    stage: str
    after: str
    moved: int
    inspected: int = 0
    repaired: int = 0


def read(table: str) -> Progress | None:
    """Return the run in progress, or None."""
    item = dynamodb().get_item(TableName=table, Key=_KEY, ConsistentRead=True).get("Item")
    if item is None:
        return None
    row = from_item(item)
    return Progress(**{field.name: row[field.name] for field in fields(Progress)})


def move(table: str, progress: Progress, expected: Progress | None) -> None:
    """Write a run's progress, or begin a run. Raises `Overtaken` unless the row is still `expected`.

    A row that already has this progress was written by botocore's first attempt, whose response was lost.
    """
    try:
        dynamodb().put_item(TableName=table, Item=_KEY | to_item(asdict(progress)), **_unchanged(expected))
    except ClientError as error:
        if not is_condition(error):
            raise
        if read(table) != progress:
            raise Overtaken(progress.run) from error


def end(table: str, expected: Progress) -> None:
    """Remove the row of a finished run. Raises `Overtaken` as above."""
    try:
        dynamodb().delete_item(TableName=table, Key=_KEY, **_unchanged(expected))
    except ClientError as error:
        if not is_condition(error):
            raise
        if read(table) is not None:  # as above
            raise Overtaken(expected.run) from error


def _unchanged(expected: Progress | None) -> dict[str, Any]:
    if expected is None:
        return {"ConditionExpression": "attribute_not_exists(original)"}
    return {
        "ConditionExpression": "run = :run AND piece = :piece",
        "ExpressionAttributeValues": to_item({":run": expected.run, ":piece": expected.piece}),
    }
