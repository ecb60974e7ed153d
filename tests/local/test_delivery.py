"""A folder is synced by the command itself, and served by the edge."""

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


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    running, stop = start(StackOptions(environment={"copy": {"SETTLE_SECONDS": "2"}}))
    try:
        yield running
    finally:
        stop()


def sync(stack: Running, folder: str | Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command from the root of the repository, as `make sync DIR= LOCAL=URL` does."""
    names = stack.names
    arguments = [str(folder), names["source_bucket"], "--local", names["aws"], *options]
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "ops", "sync", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_relative_folder_is_synced_and_a_second_run_finds_nothing_to_do(stack: Running) -> None:
    first = sync(stack, "samples", "--prefix", "samples/")
    assert first.returncode == 0, first.stderr
    number = len([path for path in SAMPLES.rglob("*") if path.is_file() and not path.name.startswith(".")])
    assert first.stdout.splitlines()[-1] == f"{number} uploaded, 0 removed, 0 failed"
    second = sync(stack, "samples", "--prefix", "samples/")
    assert second.stdout.splitlines() == [
        f"0 new, 0 changed (0 bytes to upload), 0 to remove, {number} unchanged",
        "0 uploaded, 0 removed, 0 failed",
    ]


def test_the_served_images_follow_the_folder(stack: Running, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "coffee.png", tmp_path / "cup.png")
    shutil.copy(SAMPLES / "hubble.jpg", tmp_path / "space.jpg")
    assert "2 new, 0 changed" in sync(stack, tmp_path, "--prefix", "truth/", "--dry-run").stdout
    done = sync(stack, tmp_path, "--prefix", "truth/")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 uploaded, 0 removed, 0 failed"), done.stderr
    wait_for(lambda: stack.follow("/60x/truth/cup.png")[-1].status == 200)
    assert stack.get("/truth/cup.png").headers["content-type"] == "image/png"
    assert (
        "0 new, 0 changed (0 bytes to upload), 0 to remove, 2 unchanged"
        in sync(stack, tmp_path, "--prefix", "truth/").stdout
    )
    old = stack.follow("/60x/truth/cup.png")[-1].body
    shutil.copy(SAMPLES / "chelsea.png", tmp_path / "cup.png")
    (tmp_path / "space.jpg").unlink()
    done = sync(stack, tmp_path, "--prefix", "truth/")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 uploaded, 1 removed, 0 failed"), done.stderr
    wait_for(lambda: stack.follow("/60x/truth/cup.png")[-1].body not in (old, b""))
    wait_for(lambda: stack.follow("/60x/truth/space.jpg")[-1].status == 404)
