"""ops/release/deploy.py, as continuous delivery calls it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

PATH = Path(__file__).parents[3] / "ops" / "release" / "deploy.py"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program, in an account where the stack is deployed already."""
    specification = importlib.util.spec_from_file_location("deploy", PATH)
    assert specification
    assert specification.loader
    module: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.original = module.find_missing_secrets
    monkeypatch.setattr(module, "check_public_access", lambda: None)
    monkeypatch.setattr(module, "find_missing_secrets", lambda _: [])
    for name in ("CI", "EXECUTION_ROLE_ARN", "PERMISSIONS_BOUNDARY_ARN"):
        monkeypatch.delenv(name, raising=False)
    return module


@dataclass(frozen=True, slots=True)
class Run:
    """What sam was told: its arguments, and the parameters in the file that they name."""

    command: list[str]
    parameters: dict[str, str]


@pytest.fixture
def runs(program: Any, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    seen: list[Run] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        (path,) = (Path(each.removeprefix("file://")) for each in command if each.startswith("file://"))
        seen.append(Run(command, json.loads(path.read_text())))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(program.subprocess, "run", run)
    return seen


def test_continuous_delivery_names_its_role_and_its_boundary_and_is_asked_nothing(
    program: Any, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("EXECUTION_ROLE_ARN", "arn:role")
    monkeypatch.setenv("PERMISSIONS_BOUNDARY_ARN", "arn:boundary")
    assert program.deploy("prod") == 0
    (run,) = runs
    assert run.command[-3:] == ["--role-arn", "arn:role", "--no-confirm-changeset"]
    assert run.parameters["PermissionsBoundaryArn"] == "arn:boundary"


def test_a_person_is_asked_and_works_with_rights_of_their_own(program: Any, runs: list[Run]) -> None:
    assert program.deploy("prod") == 0
    (run,) = runs
    assert not {"--role-arn", "--no-confirm-changeset"} & set(run.command)
    assert "PermissionsBoundaryArn" not in run.parameters


@pytest.mark.parametrize(
    ("presets", "why"),
    [
        ("thumb:60x60;broken:w=0", "preset 'broken' is malformed: 'w=0': width must be 1 to 16383"),
        ("thumb:60x60;thumb:61x", "two presets are named 'thumb'"),
    ],
)
def test_presets_with_which_no_function_would_start_are_not_deployed(
    program: Any, runs: list[Run], monkeypatch: pytest.MonkeyPatch, presets: str, why: str
) -> None:
    monkeypatch.setattr(program, "read_settings", lambda _: ("images", [f"Presets={presets}"]))
    with pytest.raises(program.NotDeployableError, match=why):
        program.deploy("prod")
    assert not runs


def test_every_value_that_a_parameter_may_have_can_be_said(
    program: Any, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["ReconcileSchedule=rate(7 days)", "WatermarkPrefix=", "Presets=thumb:300x300,fit=cover;hero:1600x"]
    monkeypatch.setattr(program, "read_settings", lambda _: ("images", said))
    assert program.deploy("prod") == 0
    (run,) = runs
    assert run.parameters == {
        "ReconcileSchedule": "rate(7 days)",
        "WatermarkPrefix": "",
        "Presets": "thumb:300x300,fit=cover;hero:1600x",
    }


def test_the_first_deployment_passes_its_secrets_by_a_file(
    program: Any, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["OriginSecret", "SigningKey"]
    monkeypatch.setattr(program, "find_missing_secrets", lambda _: names)
    assert program.deploy("staging") == 0
    (run,) = runs
    secrets = {run.parameters[name] for name in names}
    assert not [argument for argument in run.command for secret in (*names, *secrets) if secret in argument]
    assert len(secrets) == 2
    assert all(len(secret) == 64 for secret in secrets)


@pytest.mark.parametrize(
    ("stack", "missing"),
    [
        (None, ["OriginSecret", "SigningKey"]),
        ({"StackStatus": "REVIEW_IN_PROGRESS", "Parameters": []}, ["OriginSecret", "SigningKey"]),
        ({"StackStatus": "UPDATE_COMPLETE", "Parameters": ["OriginSecret", "LogLevel"]}, ["SigningKey"]),
        ({"StackStatus": "CREATE_COMPLETE", "Parameters": ["OriginSecret", "SigningKey"]}, []),
    ],
)
def test_a_stack_is_given_the_secrets_that_it_never_had(
    program: Any, monkeypatch: pytest.MonkeyPatch, stack: dict[str, Any] | None, missing: list[str]
) -> None:
    class Formation:
        def describe_stacks(self, **_: str) -> dict[str, Any]:
            if stack is None:
                response: Any = {"Error": {"Code": "ValidationError", "Message": "Stack with id x does not exist"}}
                raise ClientError(response, "DescribeStacks")
            keys = [{"ParameterKey": name, "ParameterValue": "****"} for name in stack["Parameters"]]
            return {"Stacks": [stack | {"Parameters": keys}]}

    monkeypatch.setattr(program.boto3, "client", lambda _: Formation())
    assert program.original("x") == missing
