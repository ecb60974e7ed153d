"""A deployed stack, as CloudFormation describes it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent


class Inoperable(Exception):
    """What was asked can't be done. The text is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack and where it is. `endpoint` is another AWS than the real one, or ""."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    endpoint: str = ""

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a boto3 client of the AWS that the stack is in."""
        return connect(service, self.endpoint)


def connect(service: str, endpoint: str = "") -> Any:  # noqa: ANN401 - as above
    """Return a boto3 client, with the caller's credentials and region."""
    return boto3.client(service, endpoint_url=endpoint or None)  # type: ignore[call-overload]


def find_stack(formation: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 - boto3's cloudformation client
    """Return a stack's description, or None where there is none or one that was never made."""
    try:
        stack: dict[str, Any] = formation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return None if stack["StackStatus"] in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE") else stack


def read_deployed(name: str, endpoint: str = "") -> Deployed:
    """Return the stack of that name. Raises Inoperable where there is none."""
    stack = find_stack(connect("cloudformation", endpoint), name)
    if stack is None:
        raise Inoperable(f"There is no stack {name!r} here.")
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}
    return Deployed(name, outputs, parameters, endpoint)


def read_settings(config: str, path: Path = ROOT / "samconfig.toml") -> dict[str, Any]:
    """Return how `sam deploy` deploys an environment of samconfig.toml. Raises Inoperable for an unknown one."""
    try:
        settings: dict[str, Any] = tomllib.loads(path.read_text())[config]["deploy"]["parameters"]
    except KeyError:
        raise Inoperable(f"samconfig.toml knows no {config!r} to deploy.") from None
    return settings
