"""A folder is delivered by the program itself, and served by the edge."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.stack import StackOptions
from world import ROOT, SAMPLES

from .running import Running, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sockets


@pytest.fixture
def stack() -> Iterator[Running]:
    running, stop = start(StackOptions(environment={"copy": {"SETTLE_SECONDS": "2"}}))
    try:
        yield running
    finally:
        stop()


def sync(stack: Running, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    names = stack.names
    return subprocess.run(  # noqa: S603 - our own program
        [
            sys.executable,
            "-m",
            "ops.sync.command",
            folder,
            names["source_bucket"],
            "--endpoint-url",
            names["aws"],
            *options,
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": stack.stack.emulator.key,
            "AWS_SECRET_ACCESS_KEY": stack.stack.emulator.secret,
            "AWS_DEFAULT_REGION": names["region"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_folder_is_the_truth_of_what_is_served(stack: Running, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "coffee.png", tmp_path / "cup.png")
    shutil.copy(SAMPLES / "hubble.jpg", tmp_path / "space.jpg")
    assert "2 new, 0 changed" in sync(stack, tmp_path, "--dry-run").stdout
    done = sync(stack, tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 uploaded, 0 removed, 0 failed"), done.stderr
    wait_for(lambda: stack.follow("/60x/cup.png")[-1].status == 200)
    assert stack.get("/cup.png").headers["content-type"] == "image/png"
    assert "0 new, 0 changed (0 bytes to upload), 0 to remove, 2 unchanged" in sync(stack, tmp_path).stdout
    old = stack.follow("/60x/cup.png")[-1].body
    shutil.copy(SAMPLES / "chelsea.png", tmp_path / "cup.png")
    (tmp_path / "space.jpg").unlink()
    done = sync(stack, tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 uploaded, 1 removed, 0 failed"), done.stderr
    wait_for(lambda: stack.follow("/60x/cup.png")[-1].body not in (old, b""))
    wait_for(lambda: stack.follow("/60x/space.jpg")[-1].status == 404)
