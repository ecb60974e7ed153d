"""The permissions boundary: room for what each role of the stack does, and none for what another role does."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from roles import VALUES, read_roles, resolve

from .test_delivery import as_list, statements

PLACE = f"{VALUES['AWS::Region']}:{VALUES['AWS::AccountId']}"
BUCKET = f"arn:aws:s3:::{VALUES['StackName']}-%s-{VALUES['AWS::AccountId']}-{VALUES['AWS::Region']}"
MADE = {
    "AWS::StackName": VALUES["StackName"],
    "SourceBucket.Arn": BUCKET % "source",
    "DestinationBucket.Arn": BUCKET % "destination",
    "DerivativeTable.Arn": f"arn:aws:dynamodb:{PLACE}:table/{VALUES['StackName']}-DerivativeTable-ABC",
    "SourceEvents.Arn": f"arn:aws:sqs:{PLACE}:{VALUES['StackName']}-SourceEvents-ABC",
    "CopyLogs.Arn": f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{VALUES['StackName']}-copy:*",
    "ResizeLogs.Arn": f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{VALUES['StackName']}-resize:*",
    "Distribution": "ABC",
}
ROLES = ("CopyRole", "ResizeRole", "ReleaseRole")


def attributes_as_text(value: Any) -> Any:
    """Write Fn::GetAtt as Fn::Sub, so that one table has all values."""
    if isinstance(value, list):
        return [attributes_as_text(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::GetAtt" in value:
        return {"Fn::Sub": f"${{{'.'.join(value['Fn::GetAtt'])}}}"}
    return {key: attributes_as_text(item) for key, item in value.items()}


def of_the_stack(written: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """Return the statements of a role of template.yaml."""
    properties = written["Resources"][role]["Properties"]
    found: list[dict[str, Any]] = resolve(VALUES | MADE, attributes_as_text(statements(properties)))
    return found


def bound(role: str) -> list[dict[str, Any]]:
    """Return the statements of the boundary that hold for a role."""
    arn = f"arn:aws:iam::{VALUES['AWS::AccountId']}:role/{VALUES['StackName']}-{role}-ABC"
    return [
        statement
        for statement in statements(read_roles()["Boundary"])
        if any(fnmatchcase(arn, like) for like in as_list(statement["Condition"]["ArnLike"]["aws:PrincipalArn"]))
    ]


def covers(outer: dict[str, Any], action: str, resource: str, condition: Any) -> bool:
    """Say whether a statement of the boundary allows an action under a condition."""
    return (
        action in as_list(outer["Action"])
        and any(fnmatchcase(resource, pattern) for pattern in as_list(outer["Resource"]))
        and outer["Condition"].get("StringEquals") in (None, condition)
    )


@pytest.mark.parametrize("role", ROLES)
def test_the_boundary_leaves_room_for_all_that_a_role_does(written: dict[str, Any], role: str) -> None:
    for statement in of_the_stack(written, role):
        condition = statement.get("Condition", {}).get("StringEquals")
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                assert any(covers(outer, action, resource, condition) for outer in bound(role)), (action, resource)


@pytest.mark.parametrize("role", ROLES)
def test_it_leaves_no_room_for_another_action(written: dict[str, Any], role: str) -> None:
    own = {action for statement in of_the_stack(written, role) for action in as_list(statement["Action"])}
    assert {action for statement in bound(role) for action in as_list(statement["Action"])} == own


def test_a_role_of_another_name_can_do_nothing() -> None:
    assert bound("OtherRole") == []


@pytest.mark.parametrize("role", ROLES)
def test_no_role_writes_to_the_source_bucket(role: str) -> None:
    key = f"{MADE['SourceBucket.Arn']}/a.jpg"
    actions = {
        action
        for statement in bound(role)
        if any(fnmatchcase(key, pattern) for pattern in as_list(statement["Resource"]) if pattern != "*")
        for action in as_list(statement["Action"])
    }
    assert actions <= {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"}


def test_the_resize_role_writes_only_derivatives(written: dict[str, Any]) -> None:
    for listed in (bound("ResizeRole"), of_the_stack(written, "ResizeRole")):
        writing = [each for each in listed if {"s3:PutObject", "s3:PutObjectTagging"} & set(as_list(each["Action"]))]
        assert [each["Condition"]["StringEquals"] for each in writing] == [{"s3:RequestObjectTag/kind": "derivative"}]
