"""`ops deploy`, as continuous delivery calls it; the SAM CLI and Docker are replaced."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ops.__main__ import main
from ops.release import checks, deploy
from ops.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BOTH = ["OriginSecret", "SigningKey"]


@pytest.fixture
def deployed(stacks: Any, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """An account where the stacks of prod and staging are deployed already; nothing is kept of them."""
    del aws
    for name in ("images", "images-staging"):
        stacks.outputs[name], stacks.parameters[name] = {}, BOTH
    monkeypatch.setattr(deploy, "keep_release", lambda *_: None)
    for name in ("CI", "EXECUTION_ROLE_ARN", "PERMISSIONS_BOUNDARY_ARN"):
        monkeypatch.delenv(name, raising=False)
    return stacks


@dataclass(frozen=True, slots=True)
class Run:
    """One run of `sam deploy`: its arguments, and the parameters in the file that they name."""

    command: list[str]
    parameters: dict[str, str]


@dataclass
class Programs:
    """What was run: Docker, `sam build`, `sam deploy`; they end with these statuses."""

    commands: list[str]
    runs: list[Run]
    statuses: dict[str, int]

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        name = "docker" if command[0] == "docker" else command[1]
        self.commands.append(name)
        if name == "deploy":
            (path,) = (Path(each.removeprefix("file://")) for each in command if each.startswith("file://"))
            self.runs.append(Run(command, json.loads(path.read_text())))
        return subprocess.CompletedProcess(command, self.statuses.get(name, 0), "", "Cannot connect to\nthe daemon")


@pytest.fixture
def programs(deployed: Any, monkeypatch: pytest.MonkeyPatch) -> Programs:
    assert deployed
    programs = Programs([], [], {})
    monkeypatch.setattr("subprocess.run", programs.run)
    monkeypatch.setattr("shutil.which", lambda name: name)
    return programs


def set_parameters(monkeypatch: pytest.MonkeyPatch, parameters: Mapping[str, str], name: str = "images") -> None:
    monkeypatch.setattr(deploy, "read_target_settings", lambda *_: Settings(name, parameters))


def test_continuous_delivery_passes_its_role_and_boundary_without_a_prompt(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("EXECUTION_ROLE_ARN", "arn:role")
    monkeypatch.setenv("PERMISSIONS_BOUNDARY_ARN", "arn:boundary")
    assert main(["deploy", "--config", "prod"]) == 0
    (run,) = programs.runs
    assert run.command[-3:] == ["--role-arn", "arn:role", "--no-confirm-changeset"]
    assert run.parameters["PermissionsBoundaryArn"] == "arn:boundary"


def test_a_person_is_prompted_and_uses_their_own_permissions(programs: Programs) -> None:
    assert main(["deploy", "--config", "prod"]) == 0
    (run,) = programs.runs
    assert not {"--role-arn", "--no-confirm-changeset"} & set(run.command)
    assert run.command[2:6] == ["--config-env", "prod", "--stack-name", "images"]
    assert "PermissionsBoundaryArn" not in run.parameters


def test_it_checks_then_builds_then_deploys(programs: Programs) -> None:
    assert main(["deploy", "--config", "prod"]) == 0
    assert programs.commands == ["docker", "build", "deploy"]


def test_built_images_are_not_built_again(programs: Programs) -> None:
    assert main(["deploy", "--config", "prod", "--built"]) == 0
    assert programs.commands == ["docker", "deploy"]


@pytest.mark.parametrize(
    ("program", "commands"), [("build", ["docker", "build"]), ("deploy", ["docker", "build", "deploy"])]
)
def test_a_failure_of_the_sam_cli_is_one(programs: Programs, program: str, commands: list[str]) -> None:
    programs.statuses[program] = 2
    assert main(["deploy", "--config", "prod"]) == 1
    assert programs.commands == commands


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"Presets": "thumb:60x60;broken:w=0"}, "preset 'broken' is malformed: 'w=0': width must be 1 to 16383"),
        ({"Presets": "thumb:60x60;thumb:61x"}, "two presets are named 'thumb'"),
        ({"FallbackKey": "resize/missing.png"}, "FallbackKey is not the key of an original: its first segment is"),
        ({"FallbackKey": "x200/missing.png"}, "its first segment reads as a transform"),
    ],
)
def test_parameters_with_which_no_function_would_start_are_not_deployed(
    programs: Programs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    parameters: dict[str, str],
    why: str,
) -> None:
    set_parameters(monkeypatch, parameters)
    assert main(["deploy", "--config", "prod"]) == 2
    assert why in capsys.readouterr().err
    assert not programs.commands


def test_a_name_that_no_bucket_can_have_is_not_deployed(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_parameters(monkeypatch, {}, "Images")
    assert main(["deploy"]) == 2
    assert "at most 23 lower-case letters" in capsys.readouterr().err
    assert not programs.commands


def test_without_docker_nothing_is_built(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    programs.statuses["docker"] = 1
    assert main(["deploy", "--config", "prod"]) == 1
    assert capsys.readouterr().err == (
        "deploy: Docker is not running, and the functions are built as images: Cannot connect to the daemon\n"
    )
    assert programs.commands == ["docker"]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "make delete"),
        ("ROLLBACK_FAILED", "make delete"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name images`"),
        ("UPDATE_IN_PROGRESS", "wait"),
        ("DELETE_IN_PROGRESS", "wait"),
    ],
)
def test_a_stack_that_can_not_be_updated_stops_it_before_the_build(
    programs: Programs, deployed: Any, capsys: pytest.CaptureFixture[str], status: str, advice: str
) -> None:
    deployed.statuses["images"] = status
    assert main(["deploy", "--config", "prod"]) == 1
    told = capsys.readouterr().err
    assert status in told
    assert advice in told
    assert programs.commands == ["docker"]


@pytest.mark.parametrize("setting", ["BlockPublicPolicy", "RestrictPublicBuckets"])
def test_an_account_that_blocks_public_buckets_stops_it_before_the_build(
    programs: Programs, aws: Callable[[str], Any], capsys: pytest.CaptureFixture[str], setting: str
) -> None:
    account = aws("sts").get_caller_identity()["Account"]
    aws("s3control").put_public_access_block(AccountId=account, PublicAccessBlockConfiguration={setting: True})
    assert main(["deploy", "--config", "prod"]) == 1
    told = capsys.readouterr().err
    assert f"account {account} blocks public bucket policies" in told
    assert "Deploy with Delivery=private" in told
    assert programs.commands == ["docker"]


def test_an_account_that_blocks_public_buckets_takes_a_private_one(
    programs: Programs, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = aws("sts").get_caller_identity()["Account"]
    block = {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    aws("s3control").put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=block)
    set_parameters(monkeypatch, {"Delivery": "private"})
    assert main(["deploy"]) == 0
    assert programs.commands == ["docker", "build", "deploy"]


def test_without_a_region_nothing_is_built(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(checks, "check_docker", lambda: None)
    assert main(["deploy"]) == 1
    assert "no AWS region found. Set AWS_REGION" in capsys.readouterr().err


def test_every_value_of_a_parameter_can_be_given(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = {
        "ReconcileSchedule": "rate(7 days)",
        "WatermarkPrefix": "",
        "Presets": "thumb:300x300,fit=cover;hero:1600x",
    }
    set_parameters(monkeypatch, parameters)
    assert main(["deploy", "--config", "prod"]) == 0
    (run,) = programs.runs
    assert run.parameters == parameters


def test_the_first_deployment_passes_its_secrets_by_a_file(programs: Programs, deployed: Any) -> None:
    del deployed.outputs["images-staging"]
    assert main(["deploy", "--config", "staging"]) == 0
    (run,) = programs.runs
    secrets = {run.parameters[name] for name in BOTH}
    assert not [argument for argument in run.command for secret in (*BOTH, *secrets) if secret in argument]
    assert len(secrets) == 2
    assert all(len(secret) == 64 for secret in secrets)


@pytest.mark.parametrize(
    ("status", "given", "missing"),
    [
        ("", [], BOTH),
        ("REVIEW_IN_PROGRESS", [], BOTH),
        ("UPDATE_COMPLETE", ["OriginSecret", "LogLevel"], ["SigningKey"]),
        ("CREATE_COMPLETE", BOTH, []),
    ],
)
def test_a_stack_is_given_the_secrets_that_it_never_had(
    programs: Programs, deployed: Any, status: str, given: list[str], missing: list[str]
) -> None:
    deployed.statuses["images"], deployed.parameters["images"] = status, given
    if not status:
        del deployed.outputs["images"]
    assert main(["deploy", "--config", "prod"]) == 0
    (run,) = programs.runs
    assert [name for name in BOTH if name in run.parameters] == missing


def test_a_release_after_one_that_was_rolled_back_publishes_new_versions(programs: Programs, deployed: Any) -> None:
    """Of the same template: Lambda would refuse to publish what is like its last version, which a roll-back keeps."""
    names = []
    for status in ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"):
        deployed.statuses["images"] = status
        assert main(["deploy", "--config", "prod"]) == 0
        names.append(programs.runs[-1].parameters.get("Release"))
    assert names[0] != names[1]
    assert all(name and name.startswith("retry-") for name in names[:2])
    assert names[2] is None


def test_only_a_deployed_prod_is_protected_from_deletion(
    programs: Programs, deployed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy", "--config", "staging"]) == 0
    programs.statuses["deploy"] = 1
    assert main(["deploy", "--config", "prod"]) == 1
    assert deployed.protected == []
    programs.statuses["deploy"] = 0
    assert main(["deploy", "--config", "prod"]) == 0
    assert deployed.protected == ["images"]
    deployed.may_protect = False
    assert main(["deploy", "--config", "prod"]) == 0
    assert "not protected from deletion" in capsys.readouterr().err
