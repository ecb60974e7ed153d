"""The README's first promise: on a fresh Debian 12 with git, make, gcc and Python, `make demo` does everything."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from .conftest import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.container, pytest.mark.timeout(1500)]

BASE = "public.ecr.aws/docker/library/debian:bookworm-slim"
FRESH = """
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends git make gcc python3 ca-certificates >/dev/null
mkdir /project && tar -xf /sources/project.tar -C /project && cd /project
make demo
ls demo-output
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Pack the files that git tracks, with local changes, into a temporary folder."""
    files = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").stdout.split("\0")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as packed:
        for name in sorted(filter(None, files)):
            if os.path.lexists(ROOT / name):
                packed.add(ROOT / name, name)
    (tmp_path / "project.tar").write_bytes(archive.getvalue())
    return tmp_path


@pytest.mark.usefixtures("engine")
def test_one_command_does_everything_on_a_bare_debian(sources: Path) -> None:
    have = run("docker", "image", "inspect", BASE, check=False).returncode == 0
    if not have and run("docker", "pull", "--quiet", BASE, limit=300, check=False).returncode:
        reason = f"{BASE} is not here, and can't be pulled"
        pytest.fail(reason) if os.environ.get("REQUIRE_CONTAINERS") == "1" else pytest.skip(reason)
    shown = run("docker", "run", "--rm", f"--volume={sources}:/sources:ro", BASE, "sh", "-c", FRESH, limit=1200).stdout
    assert {line.partition("  ")[0] for line in shown.splitlines()} >= {"A", "B", "C", *map(str, range(1, 14))}
    assert ".avif" in shown
