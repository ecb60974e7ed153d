"""The rotation of the secret, against the emulator: at no time is what the distribution sends refused."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from local.emulator.deployment import Deployment, deploy
from local.emulator.process import ROOT, Emulator, run_emulator
from local.ports import claim_port
from ops import secrets as rotate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.sockets

FIRST = "0123456789abcdef" * 2


@pytest.fixture
async def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Emulator]:
    """An emulator that boto3's clients find by the environment."""
    async with run_emulator(claim_port(0, "AWS_PORT"), tmp_path, "us-east-1") as emulator:
        values = {"ENDPOINT_URL": emulator.url, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}
        for name, value in values.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield emulator


@dataclass(frozen=True)
class State:
    """The one secret that is sent, and those that the website accepts."""

    sent: str
    accepted: frozenset[str]


def look(emulator: Emulator, deployment: Deployment) -> State:
    policy = json.loads(
        emulator.client("s3").get_bucket_policy(Bucket=deployment.resources["DestinationBucket"])["Policy"]
    )
    accepted = {json.dumps(statement["Condition"]) for statement in policy["Statement"]}
    assert len(accepted) == 1, "the statements differ"
    values = json.loads(accepted.pop())["StringEquals"]["aws:Referer"]
    return State(
        rotate._read_secret(deployment.distribution.id), frozenset([values] if isinstance(values, str) else values)
    )


async def test_what_is_sent_is_accepted_before_during_and_after_each_update(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = await asyncio.to_thread(deploy, emulator, ROOT / "template.yaml", "pictures", {"OriginSecret": FIRST})
    states = [look(emulator, deployment)]
    monkeypatch.setattr(rotate, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(rotate, "SETTLE_SECONDS", 0)
    update = rotate._update

    def update_and_look(stack: str, values: Any) -> None:
        update(stack, values)
        states.append(look(emulator, deployment))

    monkeypatch.setattr(rotate, "_update", update_and_look)
    await asyncio.to_thread(rotate.rotate, "pictures")
    assert states[0] == State(FIRST, frozenset([FIRST]))
    assert len(states) == 4
    for before, after in pairwise(states):  # whichever of the resources is updated first
        assert {before.sent, after.sent} <= before.accepted & after.accepted
    last = states[-1]
    assert last.accepted == {last.sent}
    assert last.sent != FIRST


async def test_a_stack_without_the_parameters_is_left_alone(emulator: Emulator, tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    topic = {"Type": "AWS::SNS::Topic"}
    template.write_text(
        json.dumps({"Parameters": {"A": {"Type": "String", "Default": "a"}}, "Resources": {"T": topic}})
    )
    formation = emulator.client("cloudformation")
    formation.create_stack(StackName="old", TemplateBody=template.read_text())
    formation.get_waiter("stack_create_complete").wait(StackName="old", WaiterConfig={"Delay": 1})
    with pytest.raises(rotate.NotRotatableError, match="make deploy"):
        rotate._update("old", {"OriginSecret": FIRST})


def test_an_unknown_environment_is_named() -> None:
    with pytest.raises(rotate.NotRotatableError, match="'nowhere'"):
        rotate.read_stack_name("nowhere")
