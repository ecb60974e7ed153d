"""The roles of infrastructure/delivery.yaml, enforced by the emulator: they can do what the workflows do, not more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.stack import StackOptions
from ops.__main__ import main
from roles import read_roles

from .running import Running, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.sockets


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    running, stop = start(StackOptions(environment={"copy": {"SETTLE_SECONDS": "2"}}))
    try:
        yield running
    finally:
        stop()


@pytest.fixture
def become(stack: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Assume a role of infrastructure/delivery.yaml; who may needs GitHub's tokens, which tests lack."""
    region, account = stack.names["region"], "000000000000"
    roles = read_roles(StackName=stack.names["stack"], AWS_Region=region, AWS_AccountId=account)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}

    def assume(name: str) -> None:
        iam = stack.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        try:
            arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        except iam.exceptions.EntityAlreadyExistsException:
            arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        policy: Any = roles[name]["Policies"][0]
        iam.put_role_policy(
            RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"])
        )
        keys = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="workflow")["Credentials"]
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials that it found first
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    return assume


@pytest.fixture
def deliver(stack: Running, tmp_path: Path) -> Callable[..., int]:
    (tmp_path / "cat.jpg").write_bytes(b"a cat")
    arguments = ["sync", str(tmp_path), stack.names["source_bucket"], "--local", stack.names["aws"]]
    return lambda *options: main([*arguments, *options])


def test_the_deploy_role_can_look_at_the_stack(
    stack: Running, become: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    become("DeployRole")
    names = stack.names
    assert main(["smoke", "--local", names["aws"], "--edge", names["edge"]]) == 0, capsys.readouterr()


def test_the_deploy_role_can_not_purge(
    stack: Running, become: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    become("DeployRole")
    assert main(["purge", "--local", stack.names["aws"], "--yes"]) == 1
    assert "AccessDenied" in capsys.readouterr().err


def test_the_images_role_can_deliver_and_remove(
    become: Callable[[str], None], deliver: Callable[..., int], tmp_path: Path
) -> None:
    become("ImagesRole")
    assert deliver() == 0
    (tmp_path / "dog.jpg").write_bytes(b"a dog")
    (tmp_path / "cat.jpg").unlink()
    assert deliver() == 0


def test_the_reading_role_can_compare_and_not_deliver(
    become: Callable[[str], None], deliver: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    become("ImagesReadRole")
    assert deliver("--dry-run", "--prefix", "never/") == 0
    assert deliver("--prefix", "never/") == 1
    assert "AccessDenied" in capsys.readouterr().out
