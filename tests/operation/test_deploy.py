"""bin/deploy.py, as continuous delivery calls it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

PATH = Path(__file__).parents[2] / "bin" / "deploy.py"


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


@pytest.fixture
def commands(program: Any, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    seen: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(program.subprocess, "run", run)
    return seen


def test_continuous_delivery_names_its_role_and_its_boundary_and_is_asked_nothing(
    program: Any, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("EXECUTION_ROLE_ARN", "arn:role")
    monkeypatch.setenv("PERMISSIONS_BOUNDARY_ARN", "arn:boundary")
    assert program.deploy("prod") == 0
    (command,) = commands
    assert command[-3:] == ["--role-arn", "arn:role", "--no-confirm-changeset"]
    assert "PermissionsBoundaryArn=arn:boundary" in command


def test_a_person_is_asked_and_works_with_rights_of_their_own(program: Any, commands: list[list[str]]) -> None:
    assert program.deploy("prod") == 0
    (command,) = commands
    assert not {"--role-arn", "--no-confirm-changeset"} & set(command)
    assert not [argument for argument in command if argument.startswith("PermissionsBoundaryArn")]


def test_the_first_deployment_passes_its_secrets_by_a_file(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[dict[str, str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert not [argument for argument in command if "OriginSecret" in argument or "SigningKey" in argument]
        read.extend(json.loads(Path(each[7:]).read_text()) for each in command if each.startswith("file://"))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(program.subprocess, "run", run)
    monkeypatch.setattr(program, "find_missing_secrets", lambda _: ["OriginSecret", "SigningKey"])
    assert program.deploy("staging") == 0
    (secrets,) = read
    assert set(secrets) == {"OriginSecret", "SigningKey"}
    assert len(set(secrets.values())) == 2
    assert all(len(secret) == 64 for secret in secrets.values())


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
