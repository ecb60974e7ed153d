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
from ops.errors import CommandFailed
from ops.secrets import rotate, update
from ops.secrets.update import update_parameters
from ops.stack import Aws, Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.sockets

FIRST = "0123456789abcdef" * 2


@pytest.fixture
async def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Emulator]:
    """An emulator, and no credentials in the environment."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    async with run_emulator(claim_port(0, "AWS_PORT"), tmp_path, "us-east-1") as emulator:
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
        rotate.read_secret(Aws(emulator.url), deployment.distribution.id),
        frozenset([values] if isinstance(values, str) else values),
    )


async def test_the_secret_that_is_sent_is_accepted_throughout_each_update(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = await asyncio.to_thread(deploy, emulator, ROOT / "template.yaml", "pictures", {"OriginSecret": FIRST})
    states = [look(emulator, deployment)]
    monkeypatch.setattr(update, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(rotate, "SETTLE_SECONDS", 0)

    def update_and_look(target: Target, values: Any) -> None:
        update_parameters(target, values)
        states.append(look(emulator, deployment))

    monkeypatch.setattr(rotate, "update_parameters", update_and_look)
    await asyncio.to_thread(rotate.rotate, Target("pictures", Aws(emulator.url)))
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
    with pytest.raises(CommandFailed, match=r"no parameter OriginSecret\. Run `make deploy`"):
        update_parameters(Target("old", Aws(emulator.url)), {"OriginSecret": FIRST})
    with pytest.raises(CommandFailed, match=r"no stack 'missing' in http://127\."):
        update_parameters(Target("missing", Aws(emulator.url)), {"OriginSecret": FIRST})
