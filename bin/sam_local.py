# ruff: noqa: INP001 - a program, and no package
"""Runs the functions' images with `sam local` on the stack that `make run` has started.

The functions get the environment that they have there, and temporary credentials of their own role. Two things are in
the way: `sam local` passes only variables that the template declares, so the built template is given the address of
AWS; and a container can't reach its host's loopback address, so a relay listens where their network has its gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parent.parent
SAM = ROOT / ".venv" / "tools" / "sam" / "bin" / "sam"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"
FUNCTIONS = ("CopyFunction", "ResizeFunction")
OPERATOR = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
"""The emulator's own root: public, and good for nothing else."""


class Stack:
    """The local stack, by what `make run` writes down about it."""

    def __init__(self, description: Path) -> None:
        """Read `.local/stack.json`. Raises OSError when there is no such stack."""
        self.description = json.loads(description.read_text())
        self.aws = urlsplit(self.description["aws"])
        names = self._names()
        get = self.client("lambda").get_function_configuration
        self.functions = {name: get(FunctionName=names[name]) for name in FUNCTIONS}

    def _names(self) -> dict[str, str]:
        """Return the physical names of the resources by their logical ones."""
        formation = self.client("cloudformation")
        for stack in formation.describe_stacks()["Stacks"]:
            resources = formation.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
            names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
            if names.get("DestinationBucket") == self.description["destination_bucket"]:
                return names
        raise OSError("the stack that wrote the description no longer runs")

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a client of the emulated AWS, as its operator."""
        return boto3.client(service, endpoint_url=self.aws.geturl(), **OPERATOR)  # type: ignore[call-overload]

    def credentials(self, function: str) -> dict[str, str]:
        """Return the environment in which AWS is the local stack, and the caller a function's role."""
        role = self.functions[function]["Role"]
        keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="sam-local")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            # For sam, which calls GetCallerIdentity: nothing here may reach the real AWS.
            "AWS_ENDPOINT_URL": self.aws.geturl(),
            "AWS_REGION": OPERATOR["region_name"],
            "AWS_DEFAULT_REGION": OPERATOR["region_name"],
        }


def write_settings(stack: Stack, endpoint: str) -> tuple[Path, Path]:
    """Write the built template with the address of AWS declared, and each function's variables. Return both files."""
    template = yaml_parse(BUILT.read_text())
    for name in FUNCTIONS:
        template["Resources"][name]["Properties"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = ""
    variables = {
        name: function["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": endpoint}
        for name, function in stack.functions.items()
    }
    written = BUILT.with_name("local.json"), BUILT.with_name("local-variables.json")
    for path, content in zip(written, (template, variables), strict=True):
        path.write_text(json.dumps(content))
    return written


async def find_gateway() -> str:
    """Return the host's address in the network of the containers."""
    process = await asyncio.create_subprocess_exec(
        *("docker", "network", "inspect", "bridge", "--format", "{{json (index .IPAM.Config 0)}}"),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    network = json.loads(output)
    # Older engines leave it out where it is the network's first address, which is what they choose by default.
    return str(network.get("Gateway") or ip_network(network["Subnet"])[1])


async def relay(host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass one connection on."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.closing(sink), contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()

    target_reader, target_writer = await asyncio.open_connection(host, port)
    await asyncio.gather(pump(reader, target_writer), pump(target_reader, writer))


async def run(stack: Stack, arguments: argparse.Namespace) -> int:
    """Run `sam local` until it ends, and return its exit status."""
    handle = partial(relay, stack.aws.hostname or "", stack.aws.port or 80)
    async with await asyncio.start_server(handle, await find_gateway()) as server:
        host, port = server.sockets[0].getsockname()
        template, variables = write_settings(stack, f"http://{host}:{port}")
        process = await asyncio.create_subprocess_exec(
            *(str(SAM), "local", *arguments.command, "--template", str(template), "--env-vars", str(variables)),
            env={**os.environ, "SAM_CLI_TELEMETRY": "0", **stack.credentials(arguments.function)},
            cwd=ROOT,
        )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the terminal has told sam too, and it cleans up
        loop.add_signal_handler(signal.SIGTERM, process.terminate)
        return await process.wait()


def main() -> int:
    """Read the command line, and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", type=Path, default=ROOT / ".local" / "stack.json", help="what `make run` wrote")
    tasks = parser.add_subparsers(required=True)
    invoke = tasks.add_parser("invoke", help="invoke a function once")
    invoke.add_argument("function", choices=FUNCTIONS)
    invoke.add_argument("--event", type=Path, required=True)
    serve = tasks.add_parser("start-api", help="serve the API")
    serve.add_argument("--port", type=int, default=3000)
    serve.set_defaults(function="ResizeFunction")
    arguments = parser.parse_args()
    if "event" in arguments:
        arguments.command = ("invoke", arguments.function, "--event", str(arguments.event.resolve()))
    else:
        arguments.command = ("start-api", "--port", str(arguments.port))
    try:
        stack = Stack(arguments.stack)
    except (OSError, BotoCoreError) as error:
        print(f"No local stack is running ({error}). Start one with `make run` in another terminal.", file=sys.stderr)
        return 1
    return asyncio.run(run(stack, arguments))


if __name__ == "__main__":
    sys.exit(main())
