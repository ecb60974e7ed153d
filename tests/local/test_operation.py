"""The tasks of an operator, on the local stack."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from local.emulator.deployment import TEMPLATES
from local.stack import StackOptions
from ops import stack as stacks
from ops.__main__ import main
from ops.release.change_set import read_changes
from ops.release.deploy import keep_release
from ops.release.release import CAPABILITIES
from ops.release.template_bucket import find_bucket
from ops.settings import ROOT, Settings
from ops.smoke.steps import smoke
from ops.smoke.walk import Walk
from ops.stack import Aws, Target, read_deployed
from world import SAMPLES

from .running import Running, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    running, stop = start(StackOptions(environment={"copy": {"SETTLE_SECONDS": "2"}}))
    try:
        yield running
    finally:
        stop()


@pytest.fixture
def options(stack: Running, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that name a local stack by its address, with no credentials in the environment."""
    forget_credentials(monkeypatch)
    return ["--local", stack.names["aws"]]


def forget_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def target_of(running: Running) -> Target:
    return Target(running.names["stack"], Aws(running.names["aws"]))


def test_a_smoke_test_sees_every_step_answers_the_open_questions_and_leaves_nothing(
    stack: Running, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["smoke", *options, "--edge", stack.names["edge"]]) == 0
    lines = capsys.readouterr().out.splitlines()
    steps = [line[:6].strip() for line in lines if not line.startswith("All")]
    assert {"A", "B", "C", "1", "2", "3", "4", "5", "6", "7", "8, 9", "10", "11", "12, 13"} <= set(steps)
    assert steps.count("?") == 9
    assert not [line for line in lines if "FAILED" in line]
    listed = stack.stack.s3.list_objects_v2(Bucket=stack.names["source_bucket"], Prefix="smoke/")
    assert listed.get("Contents", []) == []


@pytest.mark.parametrize(
    ("parameters", "made"),
    [
        ({"Transforms": "presets", "Presets": "thumb:fit=cover,w=30,h=30", "SizeLadder": "160"}, "30x30,fit=cover"),
        ({"SizeLadder": "160"}, "160x80"),
    ],
)
def test_a_smoke_test_requests_formats_that_the_stack_makes(
    options: list[str], capsys: pytest.CaptureFixture[str], parameters: dict[str, str], made: str
) -> None:
    running, stop = start(StackOptions(parameters=parameters, environment={"copy": {"SETTLE_SECONDS": "2"}}))
    try:
        names = running.names
        assert main(["smoke", "--local", names["edge"]]) == 0, capsys.readouterr().out
        assert f"an image of {made} was returned" in capsys.readouterr().out
    finally:
        stop()
    assert options


def test_a_smoke_test_fails_and_shows_the_steps_that_failed(
    stack: Running, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where another bucket's website is behind the edge, as with a wrong EDGE=, nothing is found."""
    deployed = read_deployed(target_of(stack))
    outputs = {**deployed.outputs, "SourceBucketName": deployed.outputs["DestinationBucketName"]}
    walk = Walk(replace(deployed, outputs=outputs), stack.names["edge"], lambda _: None, patience=1.0)
    assert not smoke(walk)
    assert "C" in {step.number for step in walk.steps if not step.passed}
    assert main(["smoke", *options, "--stack", "missing"]) == 1
    assert f"no stack 'missing' in {stack.names['aws']}" in capsys.readouterr().err


def test_a_purge_re_makes_derivatives_under_a_prefix_and_no_others(stack: Running, options: list[str]) -> None:
    for key in ("purged/a.png", "kept/a.png"):
        stack.upload(key, COFFEE)
        for _ in range(3):
            stack.follow(f"/60x/{key}")
        assert stack.get(f"/60x/{key}").cache == "Hit"
    assert main(["purge", *options, "--prefix", "purged/", "--yes"]) == 0
    assert stack.etag("60x/purged/a.png") is None
    wait_for(lambda: stack.get("/60x/purged/a.png").status == 307)
    assert stack.get("/60x/kept/a.png").cache == "Hit"
    assert stack.follow("/60x/purged/a.png")[-1].status == 200


def test_the_stack_of_another_terminal_is_found_by_its_description(
    stack: Running,
    options: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    description = tmp_path_factory.mktemp("local") / "stack.json"
    monkeypatch.setattr(stacks, "DESCRIPTION", description)
    assert main(["purge", "--prefix", "nothing/", "--local"]) == 1
    assert "no local stack is running" in capsys.readouterr().err
    description.write_text(json.dumps(stack.names))
    assert main(["purge", "--prefix", "nothing/", "--local"]) == 0
    assert "0 derivatives of 0 originals" in capsys.readouterr().out
    assert options


def test_a_message_starts_reconciliation_in_the_copy_function(stack: Running, options: list[str]) -> None:
    """Whatever was lost: here a copy, and a change of which no event came."""
    stack.upload("lost/a.png", COFFEE)
    stack.stack.s3.delete_object(Bucket=stack.names["destination_bucket"], Key="lost/a.png")
    command = [sys.executable, "-m", "ops", "reconcile", *options, "--start"]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own program
    wait_for(lambda: stack.etag("lost/a.png"))


def test_a_change_set_of_the_deployed_stack_is_read_and_leaves_nothing(stack: Running, options: list[str]) -> None:
    assert options
    target = target_of(stack)
    formation, name = target.aws.client("cloudformation"), target.name
    settings = Settings(name, {"LogLevel": "DEBUG"})
    bucket = find_bucket(settings, target.aws, TEMPLATES)
    changes = read_changes(formation, settings, lambda: bucket, code_changes=True)
    assert {"CopyFunction", "ResizeFunction"} <= {change.resource for change in changes}
    assert formation.list_change_sets(StackName=name)["Summaries"] == []
    assert formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


def levels_of(running: Running) -> set[str]:
    """Return the log levels of the versions that the functions' aliases name."""
    client = running.client("lambda")
    named = [
        client.get_function_configuration(FunctionName=function, Qualifier="live")
        for function in (f"{running.names['stack']}-copy", f"{running.names['stack']}-resize")
    ]
    return {each["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] for each in named}


def test_going_back_restores_the_parameters_of_before_and_keeps_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    running, stop = start(StackOptions())
    try:
        forget_credentials(monkeypatch)
        target = target_of(running)
        formation, name = target.aws.client("cloudformation"), target.name
        secret = running.client("cloudfront").get_distribution_config(Id=running.names["distribution_id"])
        keep_release(Settings(name), target, TEMPLATES)
        level = {"ParameterKey": "LogLevel", "ParameterValue": "DEBUG"}
        kept = {"ParameterKey": "OriginSecret", "UsePreviousValue": True}
        formation.update_stack(
            StackName=name, UsePreviousTemplate=True, Parameters=[level, kept], Capabilities=CAPABILITIES
        )
        formation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        assert read_deployed(target).parameters["LogLevel"] == "DEBUG"
        assert levels_of(running) == {"DEBUG"}
        assert main(["roll-back", "--local", running.names["aws"], "--bucket", TEMPLATES]) == 0
        assert formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
        assert read_deployed(target).parameters["LogLevel"] == "INFO"
        assert levels_of(running) == {"INFO"}
        after = running.client("cloudfront").get_distribution_config(Id=running.names["distribution_id"])
        assert after["DistributionConfig"]["Origins"] == secret["DistributionConfig"]["Origins"]
    finally:
        stop()
