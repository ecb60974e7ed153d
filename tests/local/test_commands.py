"""Every command of the documents runs as it is written, in a folder that looks like the repository's root.

Its AWS is the emulator, its `make run` and its distribution are a local stack. Addresses, names of buckets and ids are
replaced by those of the stack. A command that can't run here is in NOT_RUN, with the reason.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from local.stack import StackOptions
from world import ROOT, SAMPLES

from .running import Running, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sockets

BUILDS = "builds images with Docker and deploys to an account; tests/local/test_delivery.py and tests/ops run its parts"
SUITE = "runs the tests, or checks that continuous integration runs"
MINUTES = "runs for minutes; tests/lab run its parts"
NOT_RUN = {
    "make run": "runs until Ctrl-C; tests/local/test_restart.py starts it",
    "make run EDGE_PORT=8081 AWS_PORT=4567": "as above",
    "make test": SUITE,
    "make local": SUITE,
    "make containers": SUITE,
    "make unit": SUITE,
    "make lint": SUITE,
    "make deploy": BUILDS,
    "make deploy CONFIG=prod": BUILDS,
    "make roll-back CONFIG=prod": BUILDS,
    "make empty CONFIG=prod": "asks before it deletes; tests/ops/content run it",
    "make delete CONFIG=prod": "deletes the stack by the SAM CLI, which asks",
    "git pull && make change-set CONFIG=prod CODE=changed": "changes the checkout",
    "git checkout v1.2.3 && make deploy CONFIG=prod": "changes the checkout",
    "pip install git+https://github.com/OWNER/NAME": "has a placeholder; tests/grammar build and install the package",
    "make bench": MINUTES,
    'make bench TASK="12 MP PNG"': MINUTES,
    "make bench-first-hit": MINUTES,
    "make bench-cold": MINUTES,
    "make bench-start": MINUTES,
    "make bench-memory": MINUTES,
}
"""Commands without their comments."""
NOT_RUN_PREFIXES = {
    ".venv/tools/sam/bin/sam deploy --template-file infrastructure/delivery.yaml": (
        "has placeholders, and creates roles with an identity provider; tests/infrastructure check the template"
    ),
}
ON_THE_LOCAL_STACK = ("make smoke", "make trace", "make sync")
"""Tasks that need what only AWS has (a public domain, CloudWatch's logs, prod's stack), unless LOCAL=1 is added."""
OUTPUT_NOT_COMPARED = ("make sync", "make trace")
"""Their output in the documents is about other originals, or about times."""

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "lab").rglob("*.md")])
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TASKS_OF_SETUP = ("setup", *(f"setup-{name}" for name in ("sync", "test", "load", "fuzz", "bench", "docs", "plots")))
SECONDS = 120
ORIGINALS = {
    "cat.jpg": "seeding.jpg",
    "photos/cat.jpg": "seeding.jpg",
    "seeding.jpg": "seeding.jpg",
    "coffee.png": "coffee.png",
}
"""What the source bucket has before each page: samples, by key."""
FILES = {
    "cat.jpg": "hubble.jpg",
    "photo.jpg": "hubble.jpg",
    "logo.png": "astronaut.png",
    "new-logo.png": "coffee.png",
    "photos/cat.jpg": "hubble.jpg",
    "originals/cat.jpg": "hubble.jpg",
}
"""What a reader has in the current folder: samples, by name."""


@dataclass
class Command:
    """A command, with the lines that the document shows as its output."""

    text: str
    line: int
    output: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the command without continuations, repeated spaces and its comment."""
        joined = re.sub(r"\s+", " ", self.text.replace("\\\n", " "))
        return re.sub(r" # .*", "", joined).strip()

    @property
    def reason(self) -> str:
        """Return why it is not run, or ""."""
        prefixes = [reason for prefix, reason in NOT_RUN_PREFIXES.items() if self.name.startswith(prefix)]
        return NOT_RUN.get(self.name) or next(iter(prefixes), "")


def read_commands(text: str) -> list[Command]:
    """Return the commands of a page's `console` blocks: lines that begin with `$ `, with their continuations."""
    commands: list[Command] = []
    in_block = continued = False
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r" *```(\w*)", line)
        if fence:
            in_block, continued = fence[1] == "console", False
        elif in_block and continued:
            commands[-1].text += f"\n{line}"
            continued = line.endswith("\\")
        elif in_block and line.lstrip().startswith("$ "):
            commands.append(Command(line.lstrip().removeprefix("$ "), number))
            continued = line.endswith("\\")
        elif in_block and commands and line.strip():
            commands[-1].output.append(line.strip())
    return commands


COMMANDS = {page: read_commands(page.read_text()) for page in PAGES}


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    running, stop = start(StackOptions(name="images-dev", environment={"copy": {"SETTLE_SECONDS": "2"}}))
    try:
        yield running
    finally:
        stop()


@dataclass
class Reader:
    """Types the commands of a page, one after the other, in one shell."""

    root: Path
    stack: Running
    replacements: dict[str, str]

    def run(self, command: Command) -> str:
        """Run a command as it is written, but for the replacements; return its output."""
        text = command.text
        for pattern, value in self.replacements.items():
            text = re.sub(pattern, value.replace("\\", r"\\"), text)
        if command.name.startswith(ON_THE_LOCAL_STACK) and "LOCAL=" not in command.name:
            text = re.sub(r"^make \S+", r"\g<0> LOCAL=1", text)
        exported = self.root / "exported"
        script = f". {exported}; set -o pipefail\n{text}\nstatus=$?; export -p >{exported}; exit $status"
        done = subprocess.run(  # noqa: S603 - commands of our own documents
            ["/bin/bash", "-c", script],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{text}\nexit status {done.returncode}\n{done.stdout}{done.stderr}"
        wait_for(self.is_copied)
        return done.stdout

    def is_copied(self) -> bool:
        """Tell whether the destination has every original."""
        listed = self.stack.stack.s3.list_objects_v2(Bucket=self.stack.names["source_bucket"]).get("Contents", [])
        return all(self.stack.etag(entry["Key"]) == entry["ETag"] for entry in listed)

    def learn(self, command: Command, output: str) -> None:
        """Use the id that a command printed where the document goes on with the one of its example."""
        lines = output.split()
        if len(command.output) == 1 and lines:
            self.replacements = {re.escape(command.output[0].split()[-1]): lines[-1], **self.replacements}


@pytest.fixture
def reader(stack: Running, tmp_path: Path) -> Reader:
    """A reader in a folder with links to everything of the root, so that what the commands write is elsewhere."""
    names = stack.names
    _make_root(tmp_path, names)
    for number, (key, sample) in enumerate(ORIGINALS.items()):
        changed = (SAMPLES / sample).read_bytes() + os.urandom(number + 1)  # its derivatives are purged
        stack.upload(key, changed, ContentType="image/png" if key.endswith("png") else "image/jpeg")
        wait_for(partial(_is_purged, stack, key))
    request = stack.follow(f"/300x200,version={os.urandom(4).hex()}/coffee.png")[-1].headers["x-amzn-requestid"]
    replacements = {
        r"https://d111111abcdef8\.cloudfront\.net|https://img\.example\.com|http://127\.0\.0\.1:808[01]": names["edge"],
        r"http://127\.0\.0\.1:456[67]": names["aws"],
        r"(images(-dev)?|transcoder)-source-\d{12}-[a-z0-9-]+(?=[/\s]|$)": names["source_bucket"],
        UUID: request,
    }
    return Reader(tmp_path, stack, replacements)


def _is_purged(stack: Running, key: str) -> bool:
    return stack.get(f"/300x200/{key}").status == HTTPStatus.TEMPORARY_REDIRECT


def _make_root(folder: Path, names: dict[str, str]) -> None:
    for path in ROOT.iterdir():
        if path.name not in (".git", ".local", ".venv", "originals"):
            (folder / path.name).symlink_to(path)
    (folder / ".local").mkdir()
    (folder / ".local" / "stack.json").write_text(json.dumps(names))
    # An environment of links, in which the one of `make sync` may be missing: the tests' has its libraries, too.
    (folder / ".venv" / "tools").mkdir(parents=True)
    for path in (ROOT / ".venv").iterdir():
        if path.name != "tools":
            (folder / ".venv" / path.name).symlink_to(path)
    for path in (ROOT / ".venv" / "tools").iterdir():
        (folder / ".venv" / "tools" / path.name).symlink_to(path)
    sync = folder / ".venv" / "tools" / "sync" / "bin"
    if not sync.exists():
        sync.mkdir(parents=True)
        _write_program(sync / "python", f'exec {folder}/.venv/bin/python "$@"')
    for name, sample in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes((SAMPLES / sample).read_bytes())
    programs = folder / "programs"
    programs.mkdir()
    done = " ".join(f"-o {task}" for task in TASKS_OF_SETUP)  # .venv is complete, and may not be adapted to this folder
    _write_program(programs / "make", f'exec {shutil.which("make")} {done} "$@"')
    _write_program(programs / "xdg-open", 'exec curl -sLo /dev/null "$@"')
    (programs / ".curlrc").write_text("fail\n")  # an error's status fails the command
    exported = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CURL_HOME": str(programs),
        "AWS_ENDPOINT_URL": names["aws"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": names["region"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    (folder / "exported").write_text("".join(f"export {name}='{value}'\n" for name, value in exported.items()))


def _write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if [each for each in COMMANDS[page] if not each.reason]], ids=lambda page: page.name
)
def test_every_command_of_a_page_runs(page: Path, reader: Reader) -> None:
    skipped = []
    for command in COMMANDS[page]:
        if command.reason:
            continue
        if re.search(r"\baws ", command.name) and not shutil.which("aws"):
            skipped.append(command.name)
            continue
        output = reader.run(command)
        if command.output and not command.name.startswith(OUTPUT_NOT_COMPARED):
            assert shape("\n".join(command.output)) == shape(output.strip()), f"{page.name}:{command.line}"
        reader.learn(command, output)
    if skipped:
        pytest.skip(f"the AWS CLI is not installed: not run are {skipped}")


def shape(output: str) -> str:
    """Return an output with every number and id replaced."""
    ids = re.sub(rf"{UUID}|\b[A-Z0-9]{{14}}\b", "ID", output)
    return re.sub(r"\d[\d,.]*", "0", re.sub(r"\s+", " ", ids))


@pytest.mark.parametrize("name", [name for name in NOT_RUN if "make " in name])
def test_make_knows_a_task_that_is_not_run(name: str) -> None:
    task = name[name.index("make ") :]
    done = subprocess.run(  # noqa: S603 - a command of our own documents
        ["/bin/bash", "-c", task.replace("make ", "make --dry-run ", 1)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_list_has_only_commands_of_the_documents() -> None:
    names = [command.name for commands in COMMANDS.values() for command in commands]
    assert len(names) > 40
    assert NOT_RUN.keys() - set(names) == set()
    assert [prefix for prefix in NOT_RUN_PREFIXES if not any(name.startswith(prefix) for name in names)] == []


def test_commands_are_read_with_their_continuations_comments_and_output() -> None:
    page = "$ no\n```console\n$ a 'b # c' \\\n    d   # comment\nout\n$ e\n```\n```html\n$ no\n```\n"
    commands = read_commands(page)
    assert [(command.text, command.line, command.output) for command in commands] == [
        ("a 'b # c' \\\n    d   # comment", 3, ["out"]),
        ("e", 6, []),
    ]
