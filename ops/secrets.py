"""Replaces a secret of the stack while it serves.

Usage: rotate.py [CONFIG] [--signing-key | --forget]      CONFIG is an environment of samconfig.toml

Without an option it is the secret that the distribution sends to its origins, and takes about a quarter of an hour:
three updates of the stack, each finished before the next begins: both origins learn the new secret, the distribution
sends it, both forget the old one. Whatever is sent while an update is under way is accepted before and after it. If it
ends halfway, run it again: it begins with the secret that is sent at that time.

With --signing-key it is the key of signed URLs: a random one, or that of the environment variable SIGNING_KEY. URLs
that were signed with the one of before stay right until --forget, or until the next time.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
PARAMETERS = ("OriginSecret", "OtherOriginSecret")
SIGNING_PARAMETERS = ("SigningKey", "OtherSigningKey")
SETTLE_SECONDS = 60
"""Policies of buckets and APIs hold a little later than they are set."""
POLL_SECONDS = 15


class NotRotatableError(Exception):
    """The stack has no secret to rotate. Its text is for the person at the terminal."""


def read_stack_name(config: str) -> str:
    """Return the name of the stack that an environment of samconfig.toml deploys."""
    try:
        name = tomllib.loads((ROOT / "samconfig.toml").read_text())[config]["deploy"]["parameters"]["stack_name"]
    except KeyError:
        raise NotRotatableError(f"samconfig.toml knows no {config!r} to deploy.") from None
    return str(name)


def rotate(stack: str) -> None:
    """Replace the secret. Raises NotRotatableError, and botocore's errors for an update that is rolled back."""
    resources = _read_resources(stack)
    old = _read_secret(resources["AWS::CloudFront::Distribution"])
    new = secrets.token_hex(32)
    steps = (
        ("both origins learn the new secret", old, new),
        ("the distribution sends it", new, old),
        ("both origins forget the old one", new, ""),
    )
    for number, (what, sent, other) in enumerate(steps, 1):
        print(f"rotate: {number} of {len(steps)}: {what}", flush=True)
        _update(stack, dict(zip(PARAMETERS, (sent, other), strict=True)))
        _publish(stack)
        if number < len(steps):
            time.sleep(SETTLE_SECONDS)
    print("rotate: done")


def rotate_signing_key(stack: str, wanted: str = "") -> None:
    """Sign with another key from now on, and let signatures of the one before stay right. Raises as `rotate`."""
    old = _read_signing_key(stack)
    new = wanted or secrets.token_hex(32)
    if new == old:
        raise NotRotatableError("That is the stack's key already.")
    _update_function(stack, dict(zip(SIGNING_PARAMETERS, (new, old), strict=True)))
    if _read_signing_key(stack) != new:
        raise NotRotatableError("The function did not take the new key. Is its alias at the last version?")
    print("rotate: there is a new key; what the one before has signed stays right" if old else "rotate: there is a key")


def forget_signing_key(stack: str) -> None:
    """Let signatures of the key before be wrong from now on. Raises as `rotate`."""
    _update_function(stack, {"OtherSigningKey": ""})
    print("rotate: only the last key counts; `make purge` drops what is stored under signatures of others")


def _read_signing_key(stack: str) -> str:
    """Return the key that the function serves with, or "": the stack shows its parameters as asterisks."""
    answer = boto3.client("lambda").get_function_configuration(FunctionName=f"{stack}-resize", Qualifier="live")
    key: str = answer["Environment"]["Variables"].get("SIGNING_KEY", "")
    return key


def _update_function(stack: str, values: Mapping[str, str]) -> None:
    """Update parameters that are the function's: only with another release is there another version of it."""
    _update(stack, {**values, "Release": f"signing-key-{secrets.token_hex(4)}"})


def _read_resources(stack: str) -> dict[str, str]:
    """Return physical ids by type: only those of types that the stack has one of are of use."""
    members = boto3.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {member["ResourceType"]: member["PhysicalResourceId"] for member in members}


def _read_secret(distribution: str) -> str:
    """Return what the distribution sends: the stack shows its parameters as asterisks."""
    config = boto3.client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    sent = {
        header["HeaderValue"]
        for origin in config["Origins"]["Items"]
        for header in origin.get("CustomHeaders", {}).get("Items", [])
        if header["HeaderName"].lower() == "referer"
    }
    if len(sent) != 1:
        raise NotRotatableError("The distribution does not send one secret to both origins. Run `make deploy` first.")
    return sent.pop()


def _update(stack: str, values: Mapping[str, str]) -> None:
    """Give parameters new values, leave all else as it is, and wait for the end: the distribution takes minutes."""
    formation = boto3.client("cloudformation")
    names = {item["ParameterKey"] for item in formation.describe_stacks(StackName=stack)["Stacks"][0]["Parameters"]}
    if not names.issuperset(values):
        raise NotRotatableError("The stack is older than this program. Run `make deploy` first.")
    formation.update_stack(
        StackName=stack,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            *({"ParameterKey": name, "ParameterValue": value} for name, value in values.items()),
            *({"ParameterKey": name, "UsePreviousValue": True} for name in sorted(names - set(values))),
        ],
    )
    waiter = formation.get_waiter("stack_update_complete")
    waiter.wait(StackName=stack, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": 3600 // max(POLL_SECONDS, 1)})


def _publish(stack: str) -> None:
    """Deploy the API's stage anew: a changed resource policy holds only from then on."""
    resources = _read_resources(stack)
    boto3.client("apigateway").create_deployment(
        restApiId=resources["AWS::ApiGateway::RestApi"],
        stageName=resources["AWS::ApiGateway::Stage"],
        description="a rotated secret",
    )


def main() -> int:
    """Rotate a secret of the environment that the command line names."""
    parser = argparse.ArgumentParser(description="Replaces a secret of the stack while it serves.")
    parser.add_argument("config", nargs="?", default="default", help="an environment of samconfig.toml")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument(
        "--signing-key", action="store_true", help="the key of signed URLs; SIGNING_KEY, or a random one"
    )
    kinds.add_argument("--forget", action="store_true", help="the key of signed URLs that was there before")
    options = parser.parse_args()
    try:
        stack = read_stack_name(options.config)
        if options.signing_key:
            rotate_signing_key(stack, os.environ.get("SIGNING_KEY", ""))
        elif options.forget:
            forget_signing_key(stack)
        else:
            rotate(stack)
    except (NotRotatableError, WaiterError, BotoCoreError, ClientError) as error:
        print(f"rotate: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
