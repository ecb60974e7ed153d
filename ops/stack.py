"""The stack that a command works on: how the command line names it, and how CloudFormation describes it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import boto3
from botocore.exceptions import ClientError

from ops.errors import CommandFailed, UsageError
from ops.settings import ROOT, Settings, read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from botocore.config import Config

DESCRIPTION = ROOT / ".local" / "stack.json"
"""What `make run` writes about its stack."""
LOCAL_NAME, LOCAL_REGION = "transcoder", "us-east-1"
"""The name and the region of the stack of `make run`."""
EDGE_SECONDS = 5
"""How long a local stack's edge may take to describe its stack."""
LOCAL_CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
"""The emulator's root user: public, and valid nowhere else."""


@dataclass(frozen=True, slots=True)
class Aws:
    """An AWS account and region: those of the caller, or with an `endpoint` an emulator."""

    endpoint: str = ""
    region: str = LOCAL_REGION
    """Of an emulator. AWS's is that of the caller's environment or profile."""

    def client(self, service: str, config: Config | None = None) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a boto3 client."""
        local: dict[str, Any] = {}
        if self.endpoint:
            local = {"endpoint_url": self.endpoint, "region_name": os.environ.get("AWS_DEFAULT_REGION") or self.region}
            if "AWS_ACCESS_KEY_ID" not in os.environ:
                local |= LOCAL_CREDENTIALS
        return boto3.client(service, config=config, **local)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class Target:
    """The stack that the command line names. `edge` is the address of a local stack's images, or ""."""

    name: str
    aws: Aws = field(default_factory=Aws)
    edge: str = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    aws: Aws = field(default_factory=Aws)

    def client(self, service: str) -> Any:  # noqa: ANN401 - as above
        """Return a boto3 client for the account of the stack."""
        return self.aws.client(service)

    def output(self, name: str) -> str:
        """Return an output. Raises CommandFailed where the stack has none of that name."""
        try:
            return self.outputs[name]
        except KeyError:
            raise CommandFailed(
                f"stack {self.name!r} has no output {name}: it is not a stack of this template, or an old one"
            ) from None


def add_stack_options(parser: argparse.ArgumentParser, *, local: bool = True) -> None:
    """Add the options that name a stack; they are the same for every command."""
    group = parser.add_argument_group("which stack")
    group.add_argument(
        "--config", default="default", help="environment of samconfig.toml: default, staging or prod (default: default)"
    )
    group.add_argument("--stack", default="", metavar="NAME", help="name of the stack, instead of the environment's")
    if not local:
        parser.set_defaults(local=None)
        return
    group.add_argument(
        "--local",
        nargs="?",
        const="",
        type=lambda text: read_url(text) if text else "",
        metavar="URL",
        help="the stack of `make run` on this machine; URL: of another one's images, or of an emulated AWS",
    )


def read_url(text: str) -> str:
    """Return the URL of a server, without a slash at its end. Raises UsageError for anything else."""
    if not (text.startswith(("http://", "https://")) and urlsplit(text).netloc):
        raise UsageError(f"{text!r} is not the URL of a server (expected something like http://127.0.0.1:4566)")
    return text.rstrip("/")


def find_target(options: argparse.Namespace) -> Target:
    """Return the stack that the command line names. Raises CommandFailed where no local stack is running."""
    if options.local is None:
        return Target(options.stack or read_settings(options.config).stack_name)
    description = _ask_edge(options.local) or _read_description()
    if options.local in ("", description.get("aws"), description.get("edge")):
        if not description:
            raise CommandFailed("no local stack is running. Start one with `make run` in another terminal")
        aws = Aws(description["aws"], description["region"])
        return Target(options.stack or description["stack"], aws, description["edge"])
    return Target(options.stack or LOCAL_NAME, Aws(options.local))


def _ask_edge(url: str) -> dict[str, str]:
    """Return what the edge of a local stack says about its stack, or nothing where another server answers, or none."""
    if not url:
        return {}
    try:
        with build_opener(ProxyHandler({})).open(url + "/_stack", timeout=EDGE_SECONDS) as response:
            description = json.load(response)
    except (OSError, ValueError):
        return {}
    return {**description, "edge": url} if isinstance(description, dict) and "aws" in description else {}


def _read_description() -> dict[str, str]:
    try:
        description: dict[str, str] = json.loads(DESCRIPTION.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return description


def read_target_settings(options: argparse.Namespace, target: Target) -> Settings:
    """Return the settings of the environment, which with --stack or --local are those of another stack."""
    settings = read_settings(options.config)
    return Settings(target.name, settings.parameters, settings.s3_bucket)


def find_stack(formation: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 - boto3's cloudformation client
    """Return a stack's description, or None where there is none, or one whose creation failed."""
    stack = describe_stack(formation, name)
    creation_failed = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE")
    return None if stack is None or stack["StackStatus"] in creation_failed else stack


def describe_stack(formation: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 - as above
    """Return a stack's description, whatever its status, or None where there is none."""
    try:
        stack: dict[str, Any] = formation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return stack


def read_deployed(target: Target) -> Deployed:
    """Return the deployed stack. Raises CommandFailed where there is none."""
    formation = target.aws.client("cloudformation")
    stack = find_stack(formation, target.name)
    if stack is None:
        raise CommandFailed(no_stack(target, formation.meta.region_name))
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}
    return Deployed(target.name, outputs, parameters, target.aws)


def no_stack(target: Target, region: str = "") -> str:
    """Return the text for a stack that does not exist."""
    where = target.aws.endpoint or region or "this region"
    return f"no stack {target.name!r} in {where}. `make deploy` creates it; --config or --stack names another one"
