"""The bill of materials, made by the program in the environment of its tool."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "tools" / "sbom" / "bin" / "python"
PACKAGES = "base-files\t13.8+deb13u8\tamd64\nlibwebp7\t1.5.0-0.1\tamd64\n"


def run(function: str, packages: str) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), str(ROOT / "bin" / "sbom.py"), function]
    return subprocess.run(command, input=packages, capture_output=True, text=True, check=False)  # noqa: S603 (our own)


@pytest.mark.parametrize("function", ["copy", "resize"])
def test_the_bill_names_every_locked_library_and_every_package(function: str) -> None:
    done = run(function, PACKAGES)
    assert (done.returncode, done.stderr) == (0, "")
    bill: dict[str, Any] = json.loads(done.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == f"cloud-image-transcoder-{function}"
    listed = {component["purl"]: component["version"] for component in bill["components"] if "purl" in component}
    fonts = {component["name"] for component in bill["components"] if component["type"] == "file"}
    assert fonts == {path.name for path in (ROOT / "functions" / "imaging" / "fonts").glob("*.ttf")}
    assert listed["pkg:deb/debian/base-files@13.8%2Bdeb13u8?arch=amd64&distro=trixie"] == "13.8+deb13u8"
    locked = {
        match
        for lock in (ROOT / "functions" / function).glob("*.txt")
        for match in re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", lock.read_text(), re.MULTILINE)
    }
    assert {f"pkg:pypi/{name}@{version}" for name, version in locked} == {
        p for p in listed if p.startswith("pkg:pypi/")
    }
    assert ("pillow-simd" in {name for name, _ in locked}) == (function == "resize")


@pytest.mark.parametrize(("function", "packages"), [("resize", ""), ("resize", "no tabs"), ("nowhere", PACKAGES)])
def test_what_is_no_input_makes_no_bill(function: str, packages: str) -> None:
    done = run(function, packages)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sbom: ")
    assert "Traceback" not in done.stderr
