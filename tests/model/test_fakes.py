"""The fakes of the model answer like moto, except for conditions of deletions and copies, which moto ignores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cloud.table.leases import FREE
from model.fake_dynamodb import FakeDynamoDB
from model.fake_s3 import FakeS3
from model.scheduler import Scheduler
from world import DESTINATION, SOURCE, TABLE, World

if TYPE_CHECKING:
    from collections.abc import Callable

ETAG_OF_X = '"9dd4e461268c8034f5c8564e155c67a6"'

Step = tuple[str, dict[str, Any]]


def fake_s3() -> FakeS3:
    return FakeS3(Scheduler(), lambda: 1_000_000_000_000, SOURCE)


def told(client: Any, operation: str, arguments: dict[str, Any]) -> tuple[str, Any]:
    """Return what is comparable in an answer: an error's code, or ETag, metadata, type and what is listed."""
    try:
        answer = getattr(client, operation)(**arguments) or {}
    except ClientError as error:
        marker = error.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-delete-marker")
        return error.response["Error"]["Code"], marker if operation == "head_object" else None
    listed = [[entry["Key"] for entry in answer.get(name, [])] for name in ("Versions", "DeleteMarkers")]
    body = answer["Body"].read() if "Body" in answer else None
    described = {name: answer[name] for name in ("ETag", "Metadata", "ContentType", "ContentLength") if name in answer}
    return "done", (described, body, listed, answer.get("CopyObjectResult", {}).get("ETag"))


def put(bucket: str, body: bytes = b"x", **arguments: Any) -> Step:
    return "put_object", {"Bucket": bucket, "Key": "a", "Body": body, "ContentType": "image/png", **arguments}


def on(operation: str, bucket: str, **arguments: Any) -> Step:
    return operation, {"Bucket": bucket, "Key": "a", **arguments}


LIST: Step = ("list_object_versions", {"Bucket": SOURCE, "Prefix": "a", "MaxKeys": 1})
COPY: dict[str, Any] = {"MetadataDirective": "REPLACE", "CopySource": {"Bucket": SOURCE, "Key": "a"}}

SCRIPTS: dict[str, list[Step]] = {
    "nothing there": [on("head_object", DESTINATION), on("get_object", DESTINATION), on("head_object", SOURCE), LIST],
    "put and read": [
        put(DESTINATION, Metadata={"Some-Name": "value"}),
        on("head_object", DESTINATION),
        on("get_object", DESTINATION),
    ],
    "put where there should be nothing": [put(DESTINATION, IfNoneMatch="*"), put(DESTINATION, b"y", IfNoneMatch="*")],
    "put over what was seen": [
        put(DESTINATION),
        put(DESTINATION, b"y", IfMatch=ETAG_OF_X),
        put(DESTINATION, b"z", IfMatch=ETAG_OF_X),
        on("get_object", DESTINATION),
    ],
    "put over what is gone": [put(DESTINATION, IfMatch=ETAG_OF_X)],
    "a delete marker": [put(SOURCE), on("delete_object", SOURCE), on("head_object", SOURCE), LIST],
    "put over a delete marker": [put(SOURCE), on("delete_object", SOURCE), put(SOURCE, b"y"), on("get_object", SOURCE)],
    "delete what is there": [put(DESTINATION), on("delete_object", DESTINATION), on("head_object", DESTINATION)],
    "delete what was seen": [
        put(DESTINATION),
        on("delete_object", DESTINATION, IfMatch=ETAG_OF_X),
        on("head_object", DESTINATION),
    ],
    "copy": [
        put(SOURCE, Metadata={"old": "1"}),
        on("copy_object", DESTINATION, Metadata={"new": "2"}, ContentType="text/plain", **COPY),
        on("head_object", DESTINATION),
    ],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_the_fake_s3_responds_like_moto(world: World, script: list[Step]) -> None:
    fake = fake_s3()
    assert [told(fake, *step) for step in script] == [told(world.s3, *step) for step in script]


def test_a_version_that_was_replaced_can_be_copied_and_brought_back(world: World) -> None:
    outcomes = []
    fake = fake_s3()
    for client, first in ((fake, "v1"), (world.s3, None)):
        client.put_object(Bucket=SOURCE, Key="a", Body=b"x")
        version = first or client.head_object(Bucket=SOURCE, Key="a")["VersionId"]
        client.put_object(Bucket=SOURCE, Key="a", Body=b"y")
        named = {"Bucket": SOURCE, "Key": "a", "VersionId": version}
        copied = told(client, "copy_object", {"Bucket": DESTINATION, "Key": "a", "CopySource": named})
        latest = client.head_object(Bucket=SOURCE, Key="a")["VersionId"]
        client.delete_object(Bucket=SOURCE, Key="a", VersionId=latest)
        outcomes.append((copied, client.get_object(Bucket=SOURCE, Key="a")["Body"].read()))
    assert outcomes[0] == outcomes[1] == (("done", ({}, None, [[], []], ETAG_OF_X)), b"x")


@pytest.mark.parametrize(
    ("operation", "conditions", "code"),
    [
        ("copy_object", {"IfNoneMatch": "*"}, "PreconditionFailed"),
        ("copy_object", {"IfMatch": '"other"'}, "PreconditionFailed"),
        ("copy_object", {"CopySourceIfMatch": '"other"'}, "PreconditionFailed"),
        ("copy_object", {"IfMatch": ETAG_OF_X, "CopySourceIfMatch": ETAG_OF_X}, "done"),
        ("delete_object", {"IfMatch": '"other"'}, "PreconditionFailed"),
    ],
)
def test_conditions_that_moto_ignores_are_as_documented(operation: str, conditions: dict[str, str], code: str) -> None:
    fake = fake_s3()
    for bucket in (SOURCE, DESTINATION):
        fake.put_object(Bucket=bucket, Key="a", Body=b"x")
    source = {"CopySource": {"Bucket": SOURCE, "Key": "a"}} if operation == "copy_object" else {}
    assert told(fake, operation, {"Bucket": DESTINATION, "Key": "a", **source, **conditions})[0] == code


def row(derivative: str, **values: str) -> dict[str, dict[str, str]]:
    numbers = {name: {"N": value} if value.isdigit() else {"S": value} for name, value in values.items()}
    return {"original": {"S": "original#a"}, "derivative": {"S": derivative}} | numbers


def outcome(operation: Callable[..., object], arguments: dict[str, Any]) -> str:
    try:
        operation(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


@pytest.mark.parametrize("existing", [None, row("#", etag="e", since="5"), row("#", etag="f", since="5")])
@pytest.mark.parametrize("expression", ["attribute_not_exists(original)", "etag = :etag AND since = :since"])
@pytest.mark.parametrize("operation", ["put_item", "delete_item"])
def test_the_fake_table_decides_conditions_as_moto_does(
    world: World, existing: dict[str, Any] | None, expression: str, operation: str
) -> None:
    fake = FakeDynamoDB(Scheduler())
    outcomes = []
    for client in (fake, world.dynamodb):
        if existing:
            client.put_item(TableName=TABLE, Item=existing)
        what = {"Item": row("#", etag="g", since="7")} if operation == "put_item" else {"Key": row("#")}
        values = {":etag": {"S": "e"}, ":since": {"N": "5"}} if ":etag" in expression else {}
        conditions: dict[str, Any] = {"ConditionExpression": expression}
        conditions |= {"ExpressionAttributeValues": values} if values else {}
        said = outcome(getattr(client, operation), {"TableName": TABLE} | what | conditions)
        outcomes.append((said, world.rows() if client is world.dynamodb else fake.items))
    assert outcomes[0] == outcomes[1]


def test_the_fake_table_counts_as_moto_does(world: World) -> None:
    fake = FakeDynamoDB(Scheduler())
    outcomes = []
    for client in (fake, world.dynamodb):
        update: dict[str, Any] = {
            "TableName": TABLE,
            "Key": row("#"),
            "UpdateExpression": "ADD paths :one SET expires = :expires",
            "ConditionExpression": "attribute_not_exists(paths) OR paths < :budget",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":budget": {"N": "2"}, ":expires": {"N": "9"}},
            "ReturnValues": "UPDATED_NEW",
        }
        assert client.update_item(**update)["Attributes"]["paths"] == {"N": "1"}  # moto returns the whole row
        outcomes.append([outcome(client.update_item, update) for _ in range(2)])
    assert outcomes[0] == outcomes[1] == ["done", "ConditionalCheckFailedException"]
    assert fake.items == world.rows()


@pytest.mark.parametrize("lease", ["", "4", "5"])
@pytest.mark.parametrize("etag", ["e", "f"])
@pytest.mark.parametrize("holder", ["us", "them"])
def test_the_fake_table_leases_as_moto_does(world: World, lease: str, etag: str, holder: str) -> None:
    existing = row("1x", etag=etag, holder=holder, **({"lease": lease} if lease else {}))
    outcomes = []
    for client in (FakeDynamoDB(Scheduler()), world.dynamodb):
        client.put_item(TableName=TABLE, Item=existing)
        taken: dict[str, Any] = {
            "TableName": TABLE,
            "Item": row("1x", etag="e", holder="us", lease="9"),
            "ConditionExpression": FREE,
            "ExpressionAttributeValues": {":now": {"N": "5"}, ":etag": {"S": "e"}, ":holder": {"S": "us"}},
            "ReturnValues": "ALL_OLD",
        }
        try:
            outcomes.append(client.put_item(**taken)["Attributes"])
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes[0] == outcomes[1]
    refused = (lease, etag, holder) == ("5", "e", "them")
    assert outcomes[0] == ("ConditionalCheckFailedException" if refused else existing)
