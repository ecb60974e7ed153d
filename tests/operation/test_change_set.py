from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from operation.change_set import Change, make_template, read_changes, write_markdown
from operation.deployed import read_settings
from operation.release import choose_body

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:abc"
FUNCTIONS = ("CopyFunction", "ResizeFunction")
DEPLOYED = {"Resources": {name: {"Properties": {"ImageUri": IMAGE}} for name in FUNCTIONS}}


def images(template: dict[str, Any]) -> set[str]:
    return {template["Resources"][name]["Properties"]["ImageUri"] for name in FUNCTIONS}


@pytest.fixture
def formation(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return boto3.client("cloudformation", region_name="us-east-1")


def test_the_functions_keep_their_images_where_their_code_stays() -> None:
    assert images(make_template(DEPLOYED, code_changes=False)) == {IMAGE}
    (other,) = images(make_template(DEPLOYED, code_changes=True))
    assert other != IMAGE


def test_the_template_fits_into_a_call() -> None:
    template = make_template(DEPLOYED, code_changes=True)
    body = choose_body(json.dumps(template, separators=(",", ":")))["TemplateBody"]
    assert len(body) < 51_200
    assert json.loads(body)["Resources"] == template["Resources"]


def test_a_change_set_is_read_and_deleted_and_never_executed(formation: Any) -> None:
    known = [{"ParameterKey": name, "ParameterValue": "****"} for name in ("OriginSecret", "LogLevel", "Gone")]
    stack = {"StackName": "images-staging", "CreationTime": 0, "StackStatus": "UPDATE_COMPLETE", "Parameters": known}
    change = {
        "Action": "Modify",
        "LogicalResourceId": "Distribution",
        "ResourceType": "AWS::CloudFront::Distribution",
        "Replacement": "False",
        "Details": [{"Target": {"Attribute": "Properties", "Name": "DistributionConfig"}}],
    }
    parameters: list[dict[str, Any]] = []
    formation.meta.events.register(
        "provide-client-params.cloudformation.CreateChangeSet",
        lambda params, **_: parameters.extend(params["Parameters"]),
    )
    described = {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": change}]}
    with Stubber(formation) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]})
        stub.add_response("get_template", {"TemplateBody": json.dumps(DEPLOYED)})
        expected = dict.fromkeys(("ChangeSetName", "TemplateBody", "Parameters", "Capabilities"), ANY)
        stub.add_response(
            "create_change_set", {}, expected | {"StackName": "images-staging", "ChangeSetType": "UPDATE"}
        )
        stub.add_response("describe_change_set", described)
        stub.add_response("describe_change_set", described)
        stub.add_response("delete_change_set", {})
        changes = read_changes(formation, read_settings("staging"), code_changes=False)
        stub.assert_no_pending_responses()
    assert changes == (
        Change("Modify", "Distribution", "AWS::CloudFront::Distribution", "False", ("DistributionConfig",)),
    )
    chosen = {parameter["ParameterKey"]: parameter.get("ParameterValue") for parameter in parameters}
    assert chosen["OriginSecret"] is None
    assert chosen["LogLevel"] == "INFO"
    assert "Gone" not in chosen


def test_of_a_stack_that_is_not_there_everything_is_new(formation: Any) -> None:
    with Stubber(formation) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id images-staging does not exist")
        changes = read_changes(formation, read_settings("staging"), code_changes=False)
    assert {change.action for change in changes} == {"Add"}
    assert "Distribution" in {change.resource for change in changes}


def test_what_is_replaced_comes_first() -> None:
    changes = (
        Change("Modify", "Api", "AWS::ApiGateway::RestApi", "False", ("Body",)),
        Change("Modify", "Table", "AWS::DynamoDB::Table", "True", ("KeySchema",)),
    )
    lines = write_markdown("images", changes).splitlines()
    assert lines[-2] == "| Modify | Table | AWS::DynamoDB::Table | **yes** | KeySchema |"
    assert write_markdown("images", ()).endswith("Nothing.\n")
