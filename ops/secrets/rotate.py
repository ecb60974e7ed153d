"""Replaces the secret that the distribution sends to its origins, while the stack serves. Takes about 15 minutes.

It makes three updates of the stack, each finished before the next begins: both origins accept the new secret too, the
distribution sends it, both origins accept only the new one. No request is refused meanwhile. If it is interrupted, run
it again: it begins with the secret that is sent at that time.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from ops.errors import CommandFailed
from ops.secrets.update import update_parameters
from ops.stack import add_stack_options, find_target, read_deployed

if TYPE_CHECKING:
    import argparse

    from ops.stack import Aws, Target

PARAMETERS = ("OriginSecret", "OtherOriginSecret")
SETTLE_SECONDS = 60
"""Changed policies of buckets and APIs take effect a little later."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)


def run(options: argparse.Namespace) -> int:
    """Replace the secret."""
    target = find_target(options)
    read_deployed(target)
    rotate(target)
    return 0


def rotate(target: Target) -> None:
    """Replace the secret. Raises CommandFailed, and botocore's errors for an update that is rolled back."""
    old = read_secret(target.aws, _read_resources(target)["AWS::CloudFront::Distribution"])
    new = secrets.token_hex(32)
    steps = (
        ("both origins accept the new secret too", old, new),
        ("the distribution sends the new secret", new, old),
        ("both origins accept the new secret only", new, ""),
    )
    for number, (step, sent, other) in enumerate(steps, 1):
        print(f"{number} of {len(steps)}: {step}", flush=True)
        update_parameters(target, dict(zip(PARAMETERS, (sent, other), strict=True)))
        _publish(target)
        if number < len(steps):
            time.sleep(SETTLE_SECONDS)
    print("The secret was replaced.")


def _read_resources(target: Target) -> dict[str, str]:
    """Return physical ids by type; it serves for types of which the stack has one resource."""
    answer = target.aws.client("cloudformation").describe_stack_resources(StackName=target.name)
    return {member["ResourceType"]: member["PhysicalResourceId"] for member in answer["StackResources"]}


def read_secret(aws: Aws, distribution: str) -> str:
    """Return the secret that the distribution sends: CloudFormation masks the parameter. Raises CommandFailed."""
    config = aws.client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    sent = {
        header["HeaderValue"]
        for origin in config["Origins"]["Items"]
        for header in origin.get("CustomHeaders", {}).get("Items", [])
        if header["HeaderName"].lower() == "referer"
    }
    if len(sent) != 1:
        raise CommandFailed("the distribution does not send the same secret to both origins. Run `make deploy` first")
    return str(sent.pop())


def _publish(target: Target) -> None:
    """Deploy the API's stage again: a changed resource policy takes effect only then."""
    resources = _read_resources(target)
    target.aws.client("apigateway").create_deployment(
        restApiId=resources["AWS::ApiGateway::RestApi"],
        stageName=resources["AWS::ApiGateway::Stage"],
        description="rotated secret",
    )
