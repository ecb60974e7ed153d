"""DynamoDB's attribute values: the only two types that the table has are text and whole numbers.

boto3 has a serializer of all types; the functions' images have botocore only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


def to_item(values: Mapping[str, str | int]) -> Item:
    """Return values as DynamoDB's attribute values: of an item, a key, or an expression."""
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in values.items()}


def from_item(item: Mapping[str, AttributeValueTypeDef]) -> dict[str, Any]:
    """Return an item's attributes as `str` and `int`. Raises KeyError for any other type."""
    return {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}
