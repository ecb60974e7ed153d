"""How far a run of reconciliation is: one row of the table, which is there only while a run is under way.

The row's key is `reconciliation#` and `#`, as rows.py has others; its attributes are those of `Progress`.
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
    """The row is not what it was: a twin has done this piece, or another run has begun."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A run: the number of the piece that comes next, where it begins, and when (ms) that was written.

    `stage` is what is gone through, `after` what the piece begins behind, "" for the beginning.
    """

    run: str
    piece: int
    stage: str
    after: str
    moved: int
    inspected: int = 0
    repaired: int = 0


def read(table: str) -> Progress | None:
    """Return the run that is under way, or None."""
    item = dynamodb().get_item(TableName=table, Key=_KEY, ConsistentRead=True).get("Item")
    if item is None:
        return None
    row = from_item(item)
    return Progress(**{field.name: row[field.name] for field in fields(Progress)})


def move(table: str, progress: Progress, expected: Progress | None) -> None:
    """Write how far a run is, or begin one. Raises `Overtaken` where the row is not `expected` any more.

    A row that says this already was written by botocore's first attempt, whose answer was lost.
    """
    try:
        dynamodb().put_item(TableName=table, Item=_KEY | to_item(asdict(progress)), **_unchanged(expected))
    except ClientError as error:
        if not is_condition(error):
            raise
        if read(table) != progress:
            raise Overtaken(progress.run) from error


def end(table: str, expected: Progress) -> None:
    """Remove the row of a run that came to its end. Raises `Overtaken` as above."""
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
