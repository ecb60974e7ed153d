from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber

from ops.release.change_set import Change, make_template, read_changes, write_markdown
from ops.release.template_bucket import TemplateBucket
from ops.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/images@sha256:abc"
FUNCTIONS = ("CopyFunction", "ResizeFunction")
DEPLOYED = {"Resources": {name: {"Properties": {"ImageUri": IMAGE}} for name in FUNCTIONS}}


def images(template: dict[str, Any]) -> set[str]:
    return {template["Resources"][name]["Properties"]["ImageUri"] for name in FUNCTIONS}


@pytest.fixture
def formation(aws: Callable[[str], Any]) -> Any:
    return aws("cloudformation")


def test_the_functions_keep_their_images_where_their_code_stays() -> None:
    assert images(make_template(DEPLOYED, code_changes=False)) == {IMAGE}
    (other,) = images(make_template(DEPLOYED, code_changes=True))
    assert other != IMAGE


def test_additions_by_the_sam_cli_are_no_change() -> None:
    deployed = {"Resources": {"SourceEvents": {"Metadata": {"SamResourceId": "SourceEvents"}}}}
    resources = make_template(deployed, code_changes=False)["Resources"]
    assert resources["SourceEvents"]["Metadata"] == {"SamResourceId": "SourceEvents"}
    assert "Metadata" not in resources["DeadLetters"]


@pytest.fixture
def bucket(aws: Callable[[str], Any]) -> TemplateBucket:
    s3 = aws("s3")
    s3.create_bucket(Bucket="templates")
    return TemplateBucket(s3, "templates")


def test_a_change_set_is_read_and_deleted_and_never_executed(formation: Any, bucket: TemplateBucket) -> None:
    known = [{"ParameterKey": name, "ParameterValue": "****"} for name in ("OriginSecret", "LogLevel", "Gone")]
    stack = {"StackName": "images-staging", "CreationTime": 0, "StackStatus": "UPDATE_COMPLETE", "Parameters": known}
    change = {
        "Action": "Modify",
        "LogicalResourceId": "Distribution",
        "ResourceType": "AWS::CloudFront::Distribution",
        "Replacement": "False",
        "Details": [{"Target": {"Attribute": "Properties", "Name": "DistributionConfig"}}],
    }
    asked: dict[str, Any] = {}
    formation.meta.events.register(
        "provide-client-params.cloudformation.CreateChangeSet", lambda params, **_: asked.update(params)
    )
    described = {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": change}]}
    with Stubber(formation) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]})
        stub.add_response("get_template", {"TemplateBody": json.dumps(DEPLOYED)})
        expected = dict.fromkeys(("ChangeSetName", "TemplateURL", "Parameters", "Capabilities"), ANY)
        stub.add_response(
            "create_change_set", {}, expected | {"StackName": "images-staging", "ChangeSetType": "UPDATE"}
        )
        stub.add_response("describe_change_set", described)
        stub.add_response("describe_change_set", described)
        stub.add_response("delete_change_set", {})
        changes = read_changes(formation, read_settings("staging"), lambda: bucket, code_changes=False)
        stub.assert_no_pending_responses()
    assert changes == (
        Change("Modify", "Distribution", "AWS::CloudFront::Distribution", "False", ("DistributionConfig",)),
    )
    (key,) = bucket.list("pull-requests/images-staging/")
    assert asked["TemplateURL"] == f"https://s3.amazonaws.com/templates/{key}"
    assert json.loads(bucket.read(key)) == make_template(DEPLOYED, code_changes=False)
    chosen = {parameter["ParameterKey"]: parameter.get("ParameterValue") for parameter in asked["Parameters"]}
    assert chosen["OriginSecret"] is None
    assert chosen["LogLevel"] == "INFO"
    assert "Gone" not in chosen


def no_bucket() -> TemplateBucket:
    raise AssertionError("in a new account there is none")


def test_of_a_stack_that_is_not_there_everything_is_new(formation: Any) -> None:
    with Stubber(formation) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id images-staging does not exist")
        changes = read_changes(formation, read_settings("staging"), no_bucket, code_changes=False)
    assert {change.action for change in changes} == {"Add"}
    assert "Distribution" in {change.resource for change in changes}


def test_replacements_are_listed_first() -> None:
    changes = (
        Change("Modify", "Api", "AWS::ApiGateway::RestApi", "False", ("Body",)),
        Change("Modify", "Table", "AWS::DynamoDB::Table", "True", ("KeySchema",)),
    )
    lines = write_markdown("images", changes).splitlines()
    assert lines[-2] == "| Modify | Table | AWS::DynamoDB::Table | **yes** | KeySchema |"
    assert write_markdown("images", ()).endswith("Nothing.\n")
