"""A DynamoDB table in memory, with the conditions and the paging of the functions' requests."""

from __future__ import annotations

import re
from http import HTTPStatus
from operator import gt, lt
from typing import TYPE_CHECKING, Any

from model.fake_s3 import HookLess, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.scheduler import Scheduler

Item = dict[str, dict[str, str]]

FRESH = {"FilterExpression": "written >= :since", "ProjectionExpression": "derivative"}
DEPENDENT = "~"
ZERO = {"N": "0"}


class FakeDynamoDB:
    """The operations the functions use. The paginator's pages have one row, so that rows may change between any two."""

    def __init__(self, scheduler: Scheduler) -> None:
        """Make an empty table."""
        self.items: dict[tuple[str, str], Item] = {}
        self.meta = HookLess
        self._scheduler = scheduler

    def put_item(self, TableName: str, Item: Item, **options: Any) -> dict[str, Any]:  # noqa: N803, ARG002 (boto3's names)
        def effect() -> dict[str, Any]:
            self._check(Item, options)
            before = self.items.get(_key(Item))
            self.items[_key(Item)] = dict(Item)
            return {"Attributes": before} if before and options.get("ReturnValues") == "ALL_OLD" else {}

        return self._scheduler.call("PutItem", effect)

    def delete_item(self, TableName: str, Key: Item, **conditions: Any) -> None:  # noqa: N803, ARG002 (boto3's names)
        def effect() -> None:
            self._check(Key, conditions)
            self.items.pop(_key(Key), None)

        self._scheduler.call("DeleteItem", effect)

    def update_item(self, TableName: str, Key: Item, UpdateExpression: str, **conditions: Any) -> dict[str, Item]:  # noqa: N803, ARG002 (boto3's names)
        added, constants = _parsed_update(UpdateExpression)
        values = conditions["ExpressionAttributeValues"]
        assert conditions.pop("ReturnValues", "UPDATED_NEW") == "UPDATED_NEW"

        def effect() -> dict[str, Item]:
            self._check(Key, conditions)
            item = self.items.setdefault(_key(Key), dict(Key))
            for name, value in added.items():
                item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(values[value]["N"]))}
            for name, value in constants.items():
                item[name] = values[value]
            return {"Attributes": {name: item[name] for name in (*added, *constants)}}

        return self._scheduler.call("UpdateItem", effect)

    def get_item(self, TableName: str, Key: Item, *, ConsistentRead: bool) -> dict[str, Item]:  # noqa: N803, ARG002 (boto3's names)
        assert ConsistentRead

        def effect() -> dict[str, Item]:
            item = self.items.get(_key(Key))
            return {} if item is None else {"Item": dict(item)}

        return self._scheduler.call("GetItem", effect)

    def scan(
        self,
        TableName: str,  # noqa: N803, ARG002 (boto3's names)
        FilterExpression: str,  # noqa: N803 (as above)
        ProjectionExpression: str,  # noqa: N803 (as above)
        ExpressionAttributeValues: Item,  # noqa: N803 (as above)
        ExclusiveStartKey: Item | None = None,  # noqa: N803 (as above)
    ) -> dict[str, Any]:
        """Look at one row, and return it if it passes the filter."""
        assert (FilterExpression, ProjectionExpression) == ("since > :settled AND since < :before", "original")
        values = ExpressionAttributeValues

        def effect() -> dict[str, Any]:
            rest = sorted(key for key in self.items if ExclusiveStartKey is None or key > _key(ExclusiveStartKey))
            found = [self.items[key] for key in rest[:1] if _holds(FilterExpression, self.items[key], values)]
            answer: dict[str, Any] = {"Items": [{"original": item["original"]} for item in found]}
            if len(rest) > 1:
                answer["LastEvaluatedKey"] = {"original": {"S": rest[0][0]}, "derivative": {"S": rest[0][1]}}
            return answer

        return self._scheduler.call("Scan", effect)

    def get_paginator(self, operation: str) -> FakeDynamoDB:
        assert operation == "query"
        return self

    def paginate(
        self,
        TableName: str,  # noqa: N803, ARG002 (boto3's names)
        KeyConditionExpression: str,  # noqa: N803 (as above)
        ExpressionAttributeValues: Item,  # noqa: N803 (as above)
        **options: Any,
    ) -> Iterator[dict[str, list[Item]]]:
        assert KeyConditionExpression == "original = :original AND derivative < :dependent"
        assert options == FRESH, "the fake knows no such query"
        values = ExpressionAttributeValues
        assert values[":dependent"] == {"S": DEPENDENT}
        last: str | None = ""
        while last is not None:
            page, last = self._scheduler.call("Query", self._next_page(values[":original"]["S"], last, 1))
            fresh = [item for item in page if int(item.get("written", ZERO)["N"]) >= int(values[":since"]["N"])]
            yield {"Items": [item for item in fresh if item["derivative"]["S"] < DEPENDENT]}

    def query(self, **options: Any) -> dict[str, Any]:
        assert options["ConsistentRead"]
        original = options["ExpressionAttributeValues"][":original"]["S"]
        if options["KeyConditionExpression"] == "original = :original AND derivative = :name":
            name = options["ExpressionAttributeValues"][":name"]["S"]
            return self._scheduler.call("Query", lambda: {"Items": self._find(original, name)})
        assert options["KeyConditionExpression"] == "original = :original", "the fake knows no such query"
        after = options.get("ExclusiveStartKey", {"derivative": {"S": ""}})["derivative"]["S"]
        page, last = self._scheduler.call("Query", self._next_page(original, after, options["Limit"]))
        return {"Items": page} | ({"LastEvaluatedKey": {"derivative": {"S": last}}} if last else {})

    def _find(self, original: str, name: str) -> list[Item]:
        item = self.items.get((original, name))
        return [] if item is None else [dict(item)]

    def _next_page(self, original: str, after: str, limit: int) -> Callable[[], tuple[list[Item], str | None]]:
        def effect() -> tuple[list[Item], str | None]:
            rest = sorted(key[1] for key in self.items if key[0] == original and key[1] > after)
            page = [dict(self.items[original, name]) for name in rest[:limit]]
            return page, rest[limit - 1] if len(rest) > limit else None

        return effect

    def _check(self, key: Item, conditions: dict[str, Any]) -> None:
        expression = conditions.get("ConditionExpression", "")
        values = conditions.get("ExpressionAttributeValues", {})
        if expression and not _holds(expression, self.items.get(_key(key), {}), values):
            raise failure("ConditionalCheckFailedException", HTTPStatus.BAD_REQUEST, "DynamoDB")


def _key(item: Item) -> tuple[str, str]:
    return item["original"]["S"], item["derivative"]["S"]


def _holds(expression: str, item: Item, values: Item) -> bool:
    """Evaluate a condition: terms joined by OR, each of factors joined by AND, no parentheses but a function's."""
    return any(
        all(_factor(factor.strip(), item, values) for factor in term.split(" AND "))
        for term in expression.split(" OR ")
    )


def _factor(factor: str, item: Item, values: Item) -> bool:
    if found := re.fullmatch(r"attribute_not_exists\((\w+)\)", factor):
        return found[1] not in item
    if found := re.fullmatch(r"(\w+) = (:\w+)", factor):
        return item.get(found[1]) == values[found[2]]
    if found := re.fullmatch(r"(\w+) <> (:\w+)", factor):
        return item.get(found[1]) != values[found[2]]
    if found := re.fullmatch(r"NOT begins_with\((\w+), (:\w+)\)", factor):
        return not item.get(found[1], {"S": ""})["S"].startswith(values[found[2]]["S"])
    if found := re.fullmatch(r"(\w+) ([<>]) (:\w+)", factor):
        name, compares, value = found[1], lt if found[2] == "<" else gt, values[found[3]]
        return name in item and compares(int(item[name]["N"]), int(value["N"]))
    raise AssertionError(f"the fake knows no such condition: {factor}")


def _parsed_update(expression: str) -> tuple[dict[str, str], dict[str, str]]:
    """Parse `ADD name :value[, ...] SET name = :value[, ...]`, either part optional."""
    found = re.fullmatch(r"(?:ADD (?P<add>.*?))?\s*(?:SET (?P<set>.*))?", expression)
    assert found, f"the fake knows no such update: {expression}"
    added = dict(part.split() for part in (found["add"] or "").split(", ") if part)
    constants = dict(part.split(" = ") for part in (found["set"] or "").split(", ") if part)
    return added, constants
