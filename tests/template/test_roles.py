"""Roles and code agree both ways: each function's role allows what its code calls, and nothing else.

Three sources are compared: the calls that the source code can make (an AST), the same calls with their arguments as a
scenario makes them against an AWS in memory, and the role's statements. The scenario has to reach every call that the
source code can make, or its permissions would go unproven.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from cloud import clock
from world import CLIENTS, DESTINATION, SAMPLES, SOURCE, TABLE, World, sample_event, while_transcoding

from .call_graph import Operation, Program
from .test_template import references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COFFEE = (SAMPLES / "coffee.png").read_bytes()
CHELSEA = (SAMPLES / "chelsea.png").read_bytes()

Permission = tuple[str, str]
"""An action, and the resource it is allowed on: a logical id, with "/*" for the objects of a bucket."""

NAMES = {SOURCE: "SourceBucket", DESTINATION: "DestinationBucket", TABLE: "DerivativeTable"}

NOT_BY_THE_CODE = {
    "sqs:ReceiveMessage": "Lambda's poller",
    "sqs:DeleteMessage": "Lambda's poller",
    "sqs:GetQueueAttributes": "Lambda's poller",
    "logs:CreateLogStream": "Lambda, for what the code prints",
    "logs:PutLogEvents": "Lambda, for what the code prints",
    "xray:PutTraceSegments": "the X-Ray daemon",
    "xray:PutTelemetryRecords": "the X-Ray daemon",
}


def required(name: str, arguments: dict[str, Any]) -> set[Permission]:
    """Return what one call takes, by its page in the API reference and the service authorization reference."""
    if name in {"GetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem"}:
        return {(f"dynamodb:{name}", NAMES[arguments["TableName"]])}
    if name == "CreateInvalidation":
        return {("cloudfront:CreateInvalidation", "Distribution")}
    if name in {"SendMessage", "ChangeMessageVisibility"}:
        return {(f"sqs:{name}", "SourceEvents")}
    bucket = NAMES[arguments["Bucket"]]
    actions = {
        "HeadObject": ["GetObject"],
        "GetObject": ["GetObject"],
        "PutObject": ["PutObject"],
        "CopyObject": ["PutObject"],
        "DeleteObject": ["DeleteObject"],
        "ListObjectsV2": [],
        "ListObjectVersions": [],
    }[name]
    needed = {(f"s3:{action}", f"{bucket}/*") for action in actions}
    if "Tagging" in arguments:
        needed.add(("s3:PutObjectTagging", f"{bucket}/*"))
    if "IfMatch" in arguments:  # a condition on an ETag reads the object
        needed.add(("s3:GetObject", f"{bucket}/*"))
    if name in {"HeadObject", "GetObject"}:  # or a missing key is a 403
        needed.add(("s3:ListBucket", bucket))
    if name == "ListObjectsV2":
        needed.add(("s3:ListBucket", bucket))
    if name == "ListObjectVersions":
        needed.add(("s3:ListBucketVersions", bucket))
    if name == "CopyObject":
        source = arguments["CopySource"]
        action = "s3:GetObjectVersion" if "VersionId" in source else "s3:GetObject"
        needed.add((action, f"{NAMES[source['Bucket']]}/*"))
    return needed


@dataclass
class Recorder:
    """What each function calls."""

    operations: dict[str, set[Operation]] = field(default_factory=lambda: {"copy": set(), "resize": set()})
    permissions: dict[str, set[Permission]] = field(default_factory=lambda: {"copy": set(), "resize": set()})
    function: str = ""

    def listen(self, client: Callable[[], Any]) -> None:
        """Note every call that goes through one of the functions' clients."""
        methods = client().meta.method_to_api_mapping

        def note(params: dict[str, Any], model: Any, **_: object) -> None:
            method = next(python for python, name in methods.items() if name == model.name)
            self.operations[self.function].add((client.__name__, method))
            self.permissions[self.function] |= required(model.name, params)

        client().meta.events.register("provide-client-params.*.*", note)


@pytest.fixture
def recorder(world: World, own_clients: None, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Note what the functions of a world call, by function."""
    del own_clients
    recorder = Recorder()
    for client in CLIENTS:
        recorder.listen(client)
    invoke = World.invoke

    def invoke_and_note(
        self: World, function: str, event: dict[str, Any] | str, seconds: float = 180
    ) -> dict[str, Any]:
        recorder.function = function
        return invoke(self, function, event, seconds)

    monkeypatch.setattr(World, "invoke", invoke_and_note)
    live_through(world, monkeypatch)
    return recorder


def live_through(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an original come, be transcoded, change while it is transcoded, go, and be purged; and let something fail."""
    world.upload("a.png", COFFEE)
    world.converge("a.png", "never-there.png")
    world.get("/resize/20x/a.png")
    world.upload("no-image", b"no image")
    world.converge("no-image")
    assert world.get("/resize/20x/no-image")["statusCode"] == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    changes = iter([CHELSEA])

    def change() -> None:
        if content := next(changes, None):
            world.s3.put_object(Bucket=DESTINATION, Key="a.png", Body=content)

    while_transcoding(monkeypatch, change)
    world.get("/resize/30x/a.png")
    world.s3.delete_object(Bucket=SOURCE, Key="a.png")
    before = clock.now
    for days in range(3):
        monkeypatch.setattr("cloud.clock.now", lambda days=days: before() + days * 86_400_000)
        world.converge("a.png")
    message = world.sqs.receive_message(QueueUrl=world.queue_url, WaitTimeSeconds=0)
    assert "Messages" not in message, "later passes are delayed"
    record = sample_event("copy-reconcile")["Records"][0]
    world.invoke("copy", {"Records": [record]})
    while messages := world.sqs.receive_message(QueueUrl=world.queue_url).get("Messages"):  # pieces, and repairs
        world.sqs.delete_message(QueueUrl=world.queue_url, ReceiptHandle=messages[0]["ReceiptHandle"])
        world.invoke("copy", {"Records": [record | {"body": messages[0]["Body"]}]})
    world.sqs.send_message(QueueUrl=world.queue_url, MessageBody="no notification")
    handle = world.sqs.receive_message(QueueUrl=world.queue_url)["Messages"][0]["ReceiptHandle"]
    answer = world.invoke("copy", {"Records": [record | {"body": json.dumps("no"), "receiptHandle": handle}]})
    assert answer["batchItemFailures"]


def granted(written: dict[str, Any], role: str) -> set[Permission]:
    """Return what a role's statements allow."""
    statements = written["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return {permission for statement in statements for permission in permissions_of(statement)}


def permissions_of(statement: dict[str, Any]) -> Iterator[Permission]:
    assert statement["Effect"] == "Allow"
    resource = statement["Resource"]
    (name,) = [name for name in references(resource) if name != "AWS"] if resource != "*" else ["*"]
    objects = "/*" if isinstance(resource, dict) and str(resource.get("Fn::Sub", "")).endswith("/*") else ""
    actions = statement["Action"]
    for action in [actions] if isinstance(actions, str) else actions:
        yield action, name + objects


@pytest.mark.parametrize("function", ["copy", "resize"])
def test_the_scenario_makes_every_call_that_the_code_can_make(recorder: Recorder, function: str) -> None:
    assert recorder.operations[function] == Program({"copy": "copier", "resize": "resizer"}[function]).operations()


@pytest.mark.parametrize("function", ["copy", "resize"])
def test_a_role_allows_what_its_function_calls_and_nothing_else(
    recorder: Recorder, written: dict[str, Any], function: str
) -> None:
    role = granted(written, f"{function.capitalize()}Role")
    by_the_code = {(action, resource) for action, resource in role if action not in NOT_BY_THE_CODE}
    assert by_the_code == recorder.permissions[function]


def test_the_permissions_of_lambda_itself_are_in_a_role(written: dict[str, Any]) -> None:
    actions = {action for role in ("CopyRole", "ResizeRole") for action, _ in granted(written, role)}
    assert set(NOT_BY_THE_CODE) <= actions
