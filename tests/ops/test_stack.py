from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import pytest

from ops import stack
from ops.errors import CommandFailed
from ops.stack import Aws, Deployed, Target, add_stack_options, find_target

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = {"aws": "http://127.0.0.1:4566", "edge": "http://127.0.0.1:8080", "region": "eu-north-1", "stack": "pictures"}
OTHER = "http://127.0.0.1:9999"
EDGE = "http://127.0.0.1:8081"


@pytest.fixture(autouse=True)
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local stack that `make run` has described."""
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(LOCAL))
    monkeypatch.setattr(stack, "DESCRIPTION", path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were asked for a stack's description; one of them has one."""
    urls: list[str] = []

    def ask(url: str) -> dict[str, str]:
        urls.append(url)
        return {**LOCAL, "aws": OTHER, "edge": url} if url == EDGE else {}

    monkeypatch.setattr(stack, "_ask_edge", ask)
    return urls


def find(*arguments: str) -> Target:
    parser = argparse.ArgumentParser()
    add_stack_options(parser)
    return find_target(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        ([], Target("images-dev")),
        (["--config", "prod"], Target("images")),
        (["--config", "prod", "--stack", "mine"], Target("mine")),
        (["--local"], Target("pictures", Aws(LOCAL["aws"], "eu-north-1"), LOCAL["edge"])),
        (["--local", LOCAL["aws"] + "/"], Target("pictures", Aws(LOCAL["aws"], "eu-north-1"), LOCAL["edge"])),
        (["--local", "--stack", "mine"], Target("mine", Aws(LOCAL["aws"], "eu-north-1"), LOCAL["edge"])),
        (["--local", EDGE], Target("pictures", Aws(OTHER, "eu-north-1"), EDGE)),
        (["--local", OTHER], Target("transcoder", Aws(OTHER))),
        (["--local", OTHER, "--stack", "mine"], Target("mine", Aws(OTHER))),
    ],
)
def test_one_rule_names_the_stack_for_every_command(arguments: list[str], target: Target) -> None:
    assert find(*arguments) == target


def test_a_local_stack_has_its_own_credentials_and_region() -> None:
    client = find("--local").aws.client("s3")
    assert (client.meta.endpoint_url, client.meta.region_name) == (LOCAL["aws"], "eu-north-1")
    assert client._request_signer._credentials.access_key == "test"


def test_given_credentials_are_used_on_a_local_stack_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-a-role")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert find("--local").aws.client("s3")._request_signer._credentials.access_key == "of-a-role"


def test_a_stack_of_another_template_is_reported() -> None:
    with pytest.raises(CommandFailed, match="stack 'images' has no output TableName"):
        Deployed("images", {}, {}).output("TableName")
