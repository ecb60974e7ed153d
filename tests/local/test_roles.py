"""The roles of infrastructure/delivery.yaml, enforced by the emulator: they can do what the workflows do, not more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

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


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ACCOUNT = "000000000000"


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def put(stack: Running, role: str, bucket: str, tagging: str) -> str:
    """Say how a PutObject with boto3 ends, in a session of a role."""
    keys = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="function")["Credentials"]
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.names["aws"],
        region_name=stack.names["region"],
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    tags: dict[str, Any] = {"Tagging": tagging} if tagging else {}
    try:
        s3.put_object(Bucket=stack.names[bucket], Key="bounded/a.jpg", Body=b"x", **tags)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "written"


@pytest.fixture(scope="module")
def bounded(stack: Running) -> dict[str, str]:
    """Make roles that may do everything, named as the functions' are, with the boundary; return their ARNs."""
    names, iam = stack.names, stack.client("iam")
    boundary = read_roles(StackName=names["stack"], AWS_Region=names["region"], AWS_AccountId=ACCOUNT)["Boundary"]
    policy = json.dumps(boundary["PolicyDocument"])
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=policy)["Policy"]["Arn"]
    trust = document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    )
    roles = {}
    for role in ("CopyRole", "ResizeRole", "ReleaseRole", "OtherRole"):
        name = f"{names['stack']}-{role}-TEST"
        created = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, PermissionsBoundary=arn)
        iam.put_role_policy(RoleName=name, PolicyName="hostile", PolicyDocument=document(ALL))
        roles[role] = created["Role"]["Arn"]
    return roles


def test_the_resize_function_writes_only_derivatives(stack: Running) -> None:
    """By its own role, as template.yaml has it."""
    function = f"{stack.names['stack']}-resize"
    role = stack.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    assert put(stack, role, "destination_bucket", "kind=derivative") == "written"
    for tagging in ("kind=original", "", "other=derivative", "kind=Derivative"):
        assert put(stack, role, "destination_bucket", tagging) == "AccessDenied"
    assert put(stack, role, "source_bucket", "kind=derivative") == "AccessDenied"


def test_the_boundary_holds_whatever_a_role_allows(stack: Running, bounded: dict[str, str]) -> None:
    for role, arn in bounded.items():
        for tagging in ("kind=derivative", "kind=original", ""):
            assert put(stack, arn, "source_bucket", tagging) == "AccessDenied", (role, tagging)
    written = {
        (role, tagging)
        for role, arn in bounded.items()
        for tagging in ("kind=derivative", "kind=original", "")
        if put(stack, arn, "destination_bucket", tagging) == "written"
    }
    assert written == {
        *(("CopyRole", "kind=derivative"), ("CopyRole", "kind=original"), ("CopyRole", "")),
        ("ResizeRole", "kind=derivative"),
    }
