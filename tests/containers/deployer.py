"""A copy of the project, deployed with its own programs into an emulated AWS that runs the images pushed to it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from bin.sam_local import find_gateway, relay
from local.emulator.process import run_emulator
from local.ports import claim_port

from .conftest import EMULATOR, ROOT, SAM, run
from .engine_proxy import run_engine_proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local.emulator.process import Emulator

REGION = "us-east-1"
LIMIT = 240
"""Seconds for one of the project's programs."""


@dataclass(frozen=True, slots=True)
class Deployer:
    """The copy of the project, the AWS that it is deployed into, and the engine as `sam` sees it."""

    project: Path
    emulator: Emulator
    engine: str

    def run(self, *command: str | Path) -> str:
        """Run a program in the copy as a developer would, and return what it printed; a failure shows all of it."""
        aws = {
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": self.emulator.key,
            "AWS_SECRET_ACCESS_KEY": self.emulator.secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "DOCKER_HOST": self.engine,
            "SAM_CLI_TELEMETRY": "0",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(  # noqa: S603 - commands of these tests, no input from outside
            command,
            cwd=self.project,
            env=kept | aws,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"{command} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def build(self) -> None:
        """Do what `make build` does, under other names than those of the images that other tests look at."""
        self.edit("template.yaml", "DockerTag: ", "DockerTag: changed-")
        self.run(SAM, "build", "--config-env", "default")

    def deploy(self) -> str:
        """Do what `make deploy` does after the build."""
        return self.run(sys.executable, "-m", "ops", "deploy", "--built")

    def empty(self) -> str:
        """Run `make empty` without its prompt."""
        return self.run(sys.executable, "-m", "ops", "empty", "--yes")

    def delete(self) -> str:
        """Run `make delete` without its prompt."""
        return self.run(SAM, "delete", "--config-env", "default", "--no-prompts", "--region", REGION)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the copy; it must have what is replaced."""
        path = self.project / name
        text = path.read_text()
        assert old in text, f"{name} has no {old}"
        path.write_text(text.replace(old, new))

    def client(self, service: str) -> Any:
        """Return a boto3 client of the emulated AWS."""
        return self.emulator.client(service)

    def remove_images(self) -> None:
        """Remove from the engine what was pushed and pulled, and what was built here."""
        registry = self.emulator.url.removeprefix("http://")
        references = (f"{registry}/*/*", "*:changed-*")
        filters = [f"--filter=reference={reference}" for reference in references]
        names = run("docker", "image", "ls", "--format={{.Repository}}:{{.Tag}}", *filters).stdout.split()
        if names:
            run("docker", "image", "rm", "--force", *names)


@asynccontextmanager
async def run_deployer(directory: Path) -> AsyncIterator[Deployer]:
    """Copy the project with what was built in it, and run an AWS to deploy it into. Nothing is left at the end."""
    project = directory / "project"
    for name in ("bin", "functions", "ops", ".aws-sam/build"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, project / name)
    (project / ".venv").symlink_to(ROOT / ".venv")
    port = claim_port(0, "AWS_PORT")
    socket = run("docker", "context", "inspect", "--format={{.Endpoints.docker.Host}}").stdout.strip()
    runtime = next((ROOT / ".venv" / "tools" / "sam").glob(EMULATOR))
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(run_engine_proxy(socket, directory / "engine", f"127.0.0.1:{port}", runtime))
        # Read-only but for /tmp, as Lambda's containers are.
        settings = {"DOCKER_HOST": engine, "LAMBDA_DOCKER_FLAGS": "--read-only --tmpfs /tmp"}
        emulator = await enter(run_emulator(port, directory / "emulator", REGION, settings))
        # Containers reach the emulator where their network has its gateway.
        await enter(await asyncio.start_server(partial(relay, "127.0.0.1", port), await find_gateway(), port))
        deployer = Deployer(project, emulator, engine)
        stack.callback(deployer.remove_images)
        yield deployer
