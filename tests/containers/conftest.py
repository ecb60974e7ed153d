"""An engine to run containers in, and both images, built once as `sam build` builds them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

Value = TypeVar("Value")

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv" / "tools" / "sam" / "bin" / "sam"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
EMULATOR = "lib/*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
INVOKE = """
import sys, time, urllib.error, urllib.request
for attempt in range(100):
    try:
        url = "http://127.0.0.1:8080/2015-03-31/functions/function/invocations"
        print(urllib.request.urlopen(url, sys.argv[1].encode()).read().decode())
        break
    except urllib.error.URLError:
        time.sleep(0.1)
"""
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


@contextmanager
def entered(manager: AbstractAsyncContextManager[Value]) -> Iterator[Value]:
    """Enter an asynchronous context on a loop of its own, which runs for as long."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        value = asyncio.run_coroutine_threadsafe(manager.__aenter__(), loop).result()
        try:
            yield value
        finally:
            asyncio.run_coroutine_threadsafe(manager.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


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
        program, *arguments = command
        options = ("--rm", *self.confined, "--network=none", f"--entrypoint={program}")
        return run("docker", "run", *options, self.tag, *arguments).stdout.strip()

    @property
    def confined(self) -> tuple[str, ...]:
        """Return the engine's options for what Lambda allows a function."""
        variables = (f"--env={name}={value}" for name, value in self.environment.items())
        return ("--read-only", "--tmpfs=/tmp", *variables)

    def handle(self, event: str) -> str:
        """Return the answer of the handler, started by the image's own entry point under Lambda's emulator."""
        entry = (
            *json.loads(self.inspect("{{json .Config.Entrypoint}}")),
            *json.loads(self.inspect("{{json .Config.Cmd}}")),
        )
        emulator = next((ROOT / ".venv" / "tools" / "sam").glob(EMULATOR))
        options = (*self.confined, f"--volume={emulator}:/emulator:ro", "--entrypoint=/emulator")
        container = run("docker", "run", "--detach", *options, self.tag, *entry).stdout.strip()
        try:
            return run("docker", "exec", container, "python3", "-c", INVOKE, event).stdout.strip()
        finally:
            run("docker", "rm", "--force", container)


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
