"""The lease of a derivative, which is in the derivative's own row, so that a first hit costs no further write.

    lease     end of the lease in milliseconds since 1970; later the holder can't store anything
    holder    a unique name of the request that renders

A lease only saves renders. Consistency does not rely on it, and clocks may differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cloud import clock
from cloud.clients import dynamodb
from cloud.table import derivatives
from cloud.table.attributes import to_item
from cloud.table.rows import is_condition, row_key

if TYPE_CHECKING:
    from cloud.table.attributes import Item

FREE = "attribute_not_exists(lease) OR lease < :now OR etag <> :etag OR holder = :holder"
"""No row, one whose lease has ended, one for another original, or our own after a lost response."""


class Leased(Exception):
    """Another request renders this derivative of this original."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request writes into a derivative's row; `until` is in milliseconds since 1970.

    With a watermark, `etag` has the ETags of both originals, and `watermark` is its key.
    """

    original: str
    transform: str
    etag: str
    holder: str
    until: int
    watermark: str = ""


def take(table: str, claim: Claim) -> Item:
    """Write a derivative's row if it is free, and return the row before it, empty for none. Raises `Leased`."""
    values = to_item({":now": clock.now(), ":etag": claim.etag, ":holder": claim.holder})
    try:
        answer = dynamodb().put_item(
            TableName=table,
            Item=_row(claim),
            ConditionExpression=FREE,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
        )
    except ClientError as error:
        raise (Leased(claim.transform) if is_condition(error) else error) from error
    return answer.get("Attributes", {})


def write(table: str, claim: Claim) -> None:
    """Write a derivative's row, even if another request holds it: the derivative is about to be stored."""
    dynamodb().put_item(TableName=table, Item=_row(claim))


def undo(table: str, claim: Claim, before: Item) -> None:
    """Restore a row to what it was before it was taken, unless another request has written it since."""
    values = to_item({":holder": claim.holder})
    try:
        if before:
            dynamodb().put_item(
                TableName=table,
                Item=before,
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues=values,
            )
        else:
            dynamodb().delete_item(
                TableName=table,
                Key=row_key(claim.original, claim.transform),
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues=values,
            )
    except ClientError as error:
        if not is_condition(error):
            raise


def _row(claim: Claim) -> Item:
    watermark = {"watermark": claim.watermark} if claim.watermark else {}
    row = derivatives.new_row(claim.original, claim.transform, claim.etag)
    return row | to_item({**watermark, "lease": claim.until, "holder": claim.holder})
