"""The command line as an operator meets it: help, exit statuses, and one line for every expected error."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ops.__main__ import COMMANDS, main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NEEDED = {
    "trace": ["c6af9ac6-7b61-11e6-9a41-93e8deadbeef"],
    "sync": [str(ROOT / "samples")],
    "sign": ["300x200", "cat.jpg"],
    "private-url": ["https://images.example.com/cat.jpg", "--key-id", "K1", "--private-key", "missing.pem"],
    "private-cookies": ["https://images.example.com/*", "--key-id", "K1", "--private-key", "missing.pem"],
}
WITHOUT_STACK = {"private-url", "private-cookies"}
ON_A_STACK = sorted(set(COMMANDS) - WITHOUT_STACK)
ON_A_LOCAL_STACK = sorted(set(ON_A_STACK) - {"deploy"})


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine without credentials, region, local stack or container engine."""
    before = dict(os.environ)
    for name in [*[name for name in os.environ if name.startswith("AWS_")], "SIGNING_KEY"]:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr("ops.stack.DESCRIPTION", tmp_path / "stack.json")
    monkeypatch.setattr("shutil.which", lambda _: None)
    yield
    os.environ.clear()
    os.environ.update(before)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return the exit status, and the one line of standard error."""
    try:
        status = main(list(arguments))
    except SystemExit as end:
        status = int(end.code or 0)
    (line,) = capsys.readouterr().err.splitlines()
    return status, line


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_own_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: python -m ops {command} ")
    assert ("--config CONFIG" in text) is (command in ON_A_STACK)
    assert ("--stack NAME" in text) is (command in ON_A_STACK)
    assert ("--local [URL]" in text) is (command in ON_A_LOCAL_STACK)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_a_usage_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = run(capsys, command, *NEEDED.get(command, []), "--nope")
    assert status == 2
    assert "--nope" in line


@pytest.mark.parametrize("command", NEEDED)
def test_a_missing_argument_is_a_usage_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = run(capsys, command)
    assert (status, "are required" in line) == (2, True)


@pytest.mark.parametrize("arguments", [[], ["nope"]])
def test_no_command_and_an_unknown_one_are_usage_errors(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *arguments)[0] == 2


@pytest.mark.parametrize("command", ON_A_STACK)
def test_an_unknown_environment_is_a_usage_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = run(capsys, command, *NEEDED.get(command, []), "--config", "qa")
    known = "(it has: default, staging, prod)"
    assert (status, line) == (2, f"{command}: samconfig.toml has no environment 'qa' to deploy {known}")


@pytest.mark.parametrize("command", ON_A_STACK)
def test_without_a_region_the_error_shows_how_to_set_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = run(capsys, command, *NEEDED.get(command, []))
    assert status == 1
    assert line.startswith(f"{command}: no AWS region found. Set AWS_REGION")


@pytest.mark.parametrize("command", ON_A_STACK)
def test_without_credentials_the_error_shows_how_to_get_them(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    status, line = run(capsys, command, *NEEDED.get(command, []))
    assert status == 1
    assert line.startswith(f"{command}: no AWS credentials found. Run `aws configure sso`")


@pytest.mark.parametrize("command", ON_A_LOCAL_STACK)
def test_without_a_local_stack_the_error_shows_how_to_start_one(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, line = run(capsys, command, *NEEDED.get(command, []), "--local")
    assert (status, line) == (1, f"{command}: no local stack is running. Start one with `make run` in another terminal")


@pytest.mark.sockets
@pytest.mark.parametrize("command", ON_A_LOCAL_STACK)
def test_a_refused_connection_names_the_address(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = run(capsys, command, *NEEDED.get(command, []), "--local", "http://127.0.0.1:1")
    assert status == 1
    assert "http://127.0.0.1:1/" in line


@pytest.mark.parametrize("command", ON_A_LOCAL_STACK)
def test_an_invalid_url_is_a_usage_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, line = run(capsys, command, *NEEDED.get(command, []), "--local", "127.0.0.1:4566")
    assert (status, "'127.0.0.1:4566' is not the URL of a server" in line) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync", "missing-folder", "bucket"],
        ["sync", "samples", "bucket", "--prefix", "shop"],
        ["sign", "300y", "cat.jpg"],
        ["private-url", "https://host/a.jpg", "--key-id", "K1", "--private-key", "missing.pem"],
        ["trace", "../x"],
        ["smoke", "--edge", "localhost"],
    ],
)
def test_arguments_that_can_not_be_used_are_usage_errors(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, line = run(capsys, *arguments)
    assert status == 2
    assert line.startswith(f"{arguments[0]}: ")


@pytest.mark.parametrize("command", ["smoke", "purge", "redrive", "reconcile", "empty", "rotate", "roll-back"])
def test_a_stack_that_does_not_exist_is_named(command: str, capsys: pytest.CaptureFixture[str], stacks: object) -> None:
    assert stacks
    extra = ["--bucket", "templates"] if command == "roll-back" else []
    status, line = run(capsys, command, "--stack", "missing", *extra)
    assert (status, "no stack 'missing' in" in line) == (1, True)


def test_only_the_module_of_the_chosen_command_is_imported() -> None:
    """`sync` runs in an environment of nothing but boto3 and rich."""
    code = "import sys, ops.__main__ as o\ntry: o.main(['sync', '--help'])\nexcept SystemExit: print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    imported = set(done.stdout.splitlines()[-1].split())
    assert "ops.sync.command" in imported
    assert not imported & {"PIL", "samtranslator", "cryptography", "imaging", "copier", "ops.smoke.command"}


def test_every_command_is_a_task_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in COMMANDS:
        assert re.search(rf"^{command}: .*## ", makefile, re.MULTILINE), command
        assert re.search(rf"(\$\(ops\)|-m ops) {command} ", makefile), command
