from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ops.__main__ import main
from ops.errors import CommandFailed
from ops.release import deploy as program
from ops.release import template_bucket
from ops.release.release import HISTORY, read_release, remember, roll_back
from ops.release.template_bucket import MANAGED_STACK, TemplateBucket, find_bucket
from ops.settings import Settings, read_settings
from ops.stack import Aws, Target

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = "#" * 100_000
"""More than CloudFormation takes without a bucket."""


def template(days: int) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": days * 86_400}}
    return json.dumps({"Resources": {"Queue": queue}, "Description": LONG})


def error(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "operation")


@dataclass
class Formation:
    """CloudFormation with one stack, or none; an update reads its template from the bucket, as CloudFormation does."""

    bucket: TemplateBucket
    body: str = template(1)
    parameters: dict[str, str] = field(default_factory=lambda: {"Level": "INFO", "OriginSecret": "a secret"})
    status: str | None = "UPDATE_COMPLETE"
    identity: str = "arn:aws:cloudformation:us-east-1:123456789012:stack/images/1"
    updates: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if self.status is None:
            raise error("Stack with id images does not exist")
        shown = {name: "****" if "Secret" in name else value for name, value in self.parameters.items()}
        return {
            "Stacks": [
                {
                    "StackId": self.identity,
                    "StackStatus": self.status,
                    "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in shown.items()],
                    "Tags": [{"Key": "Stage", "Value": "prod"}],
                }
            ]
        }

    def get_template(self, **_: Any) -> dict[str, Any]:
        return {"TemplateBody": self.body}

    def update_stack(self, **arguments: Any) -> None:
        if self.failure:
            raise self.failure
        self.updates.append(arguments)
        self.body = self.bucket.read(arguments["TemplateURL"].rpartition(f"/{self.bucket.name}/")[2])
        self.parameters = {
            given["ParameterKey"]: self.parameters[given["ParameterKey"]]
            if given.get("UsePreviousValue")
            else given["ParameterValue"]
            for given in arguments["Parameters"]
        }

    def get_waiter(self, name: str) -> Any:
        assert name == "stack_update_complete"
        return self

    def wait(self, **_: Any) -> None:
        pass


@pytest.fixture
def formation(aws: Callable[[str], Any]) -> Formation:
    s3 = aws("s3")
    s3.create_bucket(Bucket="templates")
    return Formation(TemplateBucket(s3, "templates"))


def deploy(formation: Formation, days: int, **parameters: str) -> bool:
    """Run `make deploy`, and return whether it kept the previous release."""
    before = read_release(formation, "images")
    kept = before is not None and remember(before, "images", formation.bucket)
    formation.body = template(days)
    formation.parameters.update(parameters)
    return kept


def go_back(formation: Formation) -> str:
    """Go back on an AWS whose CloudFormation is this one."""

    class Account(Aws):
        def client(self, service: str, config: Any = None) -> Any:
            assert (service, config) == ("cloudformation", None)
            return formation

    return roll_back(Target("images", Account()), formation.bucket)


def test_rolling_back_restores_the_template_and_its_parameters(formation: Formation) -> None:
    deploy(formation, 2, Level="DEBUG")
    assert go_back(formation) == "UPDATE_COMPLETE"
    assert formation.body == template(1)
    assert formation.parameters == {"Level": "INFO", "OriginSecret": "a secret"}
    (update,) = formation.updates
    assert update["StackName"] == "images"
    assert update["Tags"] == [{"Key": "Stage", "Value": "prod"}]


def test_a_masked_secret_is_unchanged(formation: Formation) -> None:
    deploy(formation, 2, OriginSecret="rotated since")
    go_back(formation)
    assert {"ParameterKey": "OriginSecret", "UsePreviousValue": True} in formation.updates[0]["Parameters"]
    assert formation.parameters["OriginSecret"] == "rotated since"


def test_a_secret_that_the_stack_has_no_more_is_named_before_anything_happens(formation: Formation) -> None:
    formation.parameters["OtherSecret"] = "of before"
    deploy(formation, 2)
    del formation.parameters["OtherSecret"]
    with pytest.raises(CommandFailed, match="no longer has: OtherSecret"):
        go_back(formation)
    assert formation.updates == []


def test_deployments_that_changed_nothing_or_failed_are_no_releases(formation: Formation) -> None:
    assert deploy(formation, 2)
    assert deploy(formation, 2)
    assert not deploy(formation, 2)
    go_back(formation)
    assert formation.body == template(1)


def test_rolling_back_twice_goes_back_two_releases_until_none_is_left(formation: Formation) -> None:
    for days in (2, 3, 4):
        deploy(formation, days)
    for days in (3, 2, 1):
        go_back(formation)
        assert formation.body == template(days)
    with pytest.raises(CommandFailed, match="no earlier release"):
        go_back(formation)


def test_a_roll_back_is_immediate_because_a_gradual_one_would_stop_at_the_alarm(formation: Formation) -> None:
    """See aws/serverless-application-model issue 716."""
    formation.parameters["GradualRelease"] = "true"
    deploy(formation, 2)
    deploy(formation, 3)
    for days in (2, 1):
        go_back(formation)
        assert (formation.body, formation.parameters["GradualRelease"]) == (template(days), "false")


def test_a_long_history_is_not_read_to_its_end(formation: Formation) -> None:
    for days in range(2, HISTORY + 5):
        deploy(formation, days)
    go_back(formation)
    assert formation.body == template(HISTORY + 3)


def test_a_stack_that_is_still_as_it_was_is_left_alone(formation: Formation) -> None:
    deploy(formation, 2)
    formation.failure = error("No updates are to be performed.")
    assert go_back(formation) == "UPDATE_COMPLETE"
    formation.failure = error("The stack is in a state that can't be updated")
    with pytest.raises(ClientError):
        go_back(formation)


def test_a_recreated_stack_is_not_rolled_back_to_its_predecessor(formation: Formation) -> None:
    deploy(formation, 2)
    formation.identity = formation.identity[:-1] + "2"
    with pytest.raises(CommandFailed, match="no earlier release"):
        go_back(formation)


@pytest.mark.parametrize("status", [None, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_there_is_no_roll_back_before_the_first_release(formation: Formation, status: str | None) -> None:
    formation.status = status
    assert read_release(formation, "images") is None
    with pytest.raises(CommandFailed, match="no stack 'images'"):
        go_back(formation)


def test_the_bucket_is_the_given_one_that_of_the_settings_or_the_sam_clis(
    formation: Formation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert formation
    stacks: dict[str, Any] = {}
    monkeypatch.setattr(template_bucket, "find_stack", lambda _, name: stacks.get(name))
    settings = Settings("images", s3_bucket="of-settings")
    assert find_bucket(settings, Aws(), "given").name == "given"
    assert find_bucket(settings, Aws()).name == "of-settings"
    with pytest.raises(CommandFailed, match="BUCKET="):
        find_bucket(Settings("images"), Aws())
    stacks[MANAGED_STACK] = {"Outputs": [{"OutputKey": "SourceBucket", "OutputValue": "of-sam"}]}
    assert find_bucket(Settings("images"), Aws()).name == "of-sam"


@pytest.mark.parametrize(
    ("config", "stack"), [("default", "images-dev"), ("staging", "images-staging"), ("prod", "images")]
)
def test_the_environments_have_stacks_of_their_own(config: str, stack: str) -> None:
    assert read_settings(config).stack_name == stack


def test_an_unknown_environment_is_a_one_line_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roll-back", "--config", "qa"]) == 2
    assert capsys.readouterr().err == (
        "roll-back: samconfig.toml has no environment 'qa' to deploy (it has: default, staging, prod)\n"
    )


def test_a_deployment_continues_if_the_previous_release_can_t_be_kept(
    formation: Formation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "read_release", lambda *_: read_release(formation, "images"))
    monkeypatch.setattr(template_bucket, "find_stack", lambda *_: None)
    program.keep_release(Settings("by-terraform"), Target("by-terraform"))
    assert "`make roll-back` can't return to this release" in capsys.readouterr().err
