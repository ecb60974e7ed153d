from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from operation import __main__ as program
from operation.deployed import Inoperable, read_settings
from operation.release import MAX_BODY, choose_body, remember, roll_back

if TYPE_CHECKING:
    from pathlib import Path


def template(days: int) -> str:
    return json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Days": days}}}})


def shown(level: str) -> list[dict[str, str]]:
    """Return parameters as CloudFormation shows them."""
    values = {"Level": level, "OriginSecret": "****"}
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def error(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "operation")


@dataclass
class Formation:
    """CloudFormation with one stack, or none."""

    stack: dict[str, Any] | None = None
    body: str = template(1)
    updates: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if self.stack is None:
            raise error("Stack with id images does not exist")
        return {"Stacks": [self.stack]}

    def get_template(self, **_: Any) -> dict[str, Any]:
        return {"TemplateBody": self.body}

    def update_stack(self, **arguments: Any) -> None:
        if self.failure:
            raise self.failure
        self.updates.append(arguments)

    def get_waiter(self, name: str) -> Any:
        assert name == "stack_update_complete"
        return self

    def wait(self, **_: Any) -> None:
        pass


def deployed(level: str = "INFO", status: str = "UPDATE_COMPLETE") -> dict[str, Any]:
    return {"StackStatus": status, "Parameters": shown(level), "Tags": [{"Key": "Stage", "Value": "prod"}]}


def test_going_back_brings_the_old_template_and_its_parameters(tmp_path: Path) -> None:
    kept = tmp_path / "before" / "images.json"
    formation = Formation(deployed("INFO"))
    assert remember(formation, "images", kept)
    formation.stack, formation.body = deployed("DEBUG"), template(2)
    assert roll_back(formation, kept) == "UPDATE_COMPLETE"
    (update,) = formation.updates
    assert (update["StackName"], update["TemplateBody"]) == ("images", template(1))
    assert update["Tags"] == [{"Key": "Stage", "Value": "prod"}]
    assert {"ParameterKey": "Level", "ParameterValue": "INFO"} in update["Parameters"]


def test_the_secret_that_nobody_is_shown_stays_as_it_is(tmp_path: Path) -> None:
    formation = Formation(deployed())
    remember(formation, "images", tmp_path / "images.json")
    roll_back(formation, tmp_path / "images.json")
    assert {"ParameterKey": "OriginSecret", "UsePreviousValue": True} in formation.updates[0]["Parameters"]


def test_a_stack_that_is_still_as_it_was_is_left_alone(tmp_path: Path) -> None:
    formation = Formation(deployed(), failure=error("No updates are to be performed."))
    remember(formation, "images", tmp_path / "images.json")
    assert roll_back(formation, tmp_path / "images.json") == "UPDATE_COMPLETE"
    formation.failure = error("The stack is in a state that can't be updated")
    with pytest.raises(ClientError):
        roll_back(formation, tmp_path / "images.json")


@pytest.mark.parametrize("stack", [None, deployed(status="REVIEW_IN_PROGRESS"), deployed(status="ROLLBACK_COMPLETE")])
def test_there_is_no_way_back_before_the_first_release(tmp_path: Path, stack: dict[str, Any] | None) -> None:
    kept = tmp_path / "images.json"
    kept.write_text("of a stack that was deleted since")
    formation = Formation(stack)
    assert not remember(formation, "images", kept)
    with pytest.raises(Inoperable, match="Nothing was deployed before"):
        roll_back(formation, kept)


def test_a_template_that_is_too_long_is_refused_before_anything_happens() -> None:
    assert choose_body("x" * MAX_BODY) == {"TemplateBody": "x" * MAX_BODY}
    with pytest.raises(Inoperable, match="51,200 bytes"):
        choose_body("x" * (MAX_BODY + 1))


@pytest.mark.parametrize(
    ("config", "stack"), [("default", "images-dev"), ("staging", "images-staging"), ("prod", "images")]
)
def test_the_environments_have_stacks_of_their_own(config: str, stack: str) -> None:
    assert read_settings(config)["stack_name"] == stack


def test_an_unknown_environment_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["remember", "--config", "qa"]) == 1
    assert capsys.readouterr().err == "remember: samconfig.toml knows no 'qa' to deploy.\n"
