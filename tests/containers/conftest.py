"""An engine to run containers in, and both images, built once as `sam build` builds them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv" / "tools" / "sam" / "bin" / "sam"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
BUILD_LIMIT = 1800
"""Seconds: a first build compiles Pillow-SIMD, and asks Debian's mirrors and PyPI."""


def run(*command: str | Path, limit: float = 120, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program in the project's directory, and return what it printed; a failure shows all of it."""
    done = subprocess.run(  # noqa: S603 - commands of these tests, no input from outside
        command,
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )
    if check and done.returncode:
        pytest.fail(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


@dataclass(frozen=True, slots=True)
class Image:
    """A function's image, and the environment of its function as far as the template spells it out."""

    function: str
    tag: str
    environment: dict[str, str]

    def inspect(self, template: str) -> str:
        """Return one of the image's properties, in the engine's template language."""
        return run("docker", "image", "inspect", "--format", template, self.tag).stdout.strip()

    def run(self, *command: str) -> str:
        """Run a command in the image as Lambda would: read-only but for /tmp, with the image's own user."""
        variables = [f"--env={name}={value}" for name, value in self.environment.items()]
        program, *arguments = command
        options = ("--rm", "--read-only", "--tmpfs=/tmp", "--network=none", *variables, f"--entrypoint={program}")
        return run("docker", "run", *options, self.tag, *arguments).stdout.strip()


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip where no container engine answers; fail there when containers are required."""
    try:
        answers = run("docker", "info", limit=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        answers = False
    if not answers and os.environ.get("REQUIRE_CONTAINERS") == "1":
        pytest.fail("REQUIRE_CONTAINERS=1, and no container engine answers `docker info`")
    if not answers:
        pytest.skip("no container engine answers `docker info`")


@pytest.fixture(scope="session")
def images(engine: None) -> dict[str, Image]:  # noqa: ARG001 - nothing can be built without one
    """Build both images, and return them by the logical names of their functions."""
    run(SAM, "build", limit=BUILD_LIMIT)
    template = yaml_parse(BUILT.read_text())
    functions = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    return {
        name: Image(name, properties["ImageUri"], _environment(properties, template["Parameters"]))
        for name, properties in functions.items()
    }


def _environment(properties: dict[str, Any], parameters: dict[str, Any]) -> dict[str, str]:
    """Return a function's variables: parameters by their defaults, and names of resources made up."""

    def value(item: Any) -> str:
        if not isinstance(item, dict):
            return str(item)
        return str(parameters.get(item.get("Ref", ""), {}).get("Default", "true"))

    variables = properties["Environment"]["Variables"]
    return {name: value(item) for name, item in variables.items()} | {"AWS_DEFAULT_REGION": "us-east-1"}
