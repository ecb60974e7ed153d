"""Deploys the stack: checks what would make it fail halfway, and makes its secrets on the first deployment.

Usage: deploy.py [CONFIG]      CONFIG is an environment of samconfig.toml: `default`, `staging` or `prod`

Continuous delivery sets EXECUTION_ROLE_ARN, the role that CloudFormation works with, and PERMISSIONS_BOUNDARY_ARN, the
bounds of the roles that the stack makes; without them it is done with whatever whoever deploys may do.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv" / "tools" / "sam" / "bin" / "sam"
STACK_NAME = re.compile(r"[a-z0-9-]{1,23}")
"""It is part of bucket names, which have 63 characters: 23 are left in the regions of the longest names."""


SECRETS = ("OriginSecret", "SigningKey")
"""Parameters that are made at random, once."""


class NotDeployableError(Exception):
    """The deployment would fail. Its text is for the person at the terminal."""


def read_settings(config: str) -> tuple[str, list[str]]:
    """Return the name of the stack and the parameters it is deployed with."""
    try:
        settings = tomllib.loads((ROOT / "samconfig.toml").read_text())[config]["deploy"]["parameters"]
    except KeyError:
        raise NotDeployableError(f"samconfig.toml knows no {config!r} to deploy.") from None
    if not STACK_NAME.fullmatch(settings["stack_name"]):
        raise NotDeployableError(
            "A stack has a name of at most 23 lower-case letters, digits and hyphens: buckets bear it."
        )
    return settings["stack_name"], settings["parameter_overrides"]


def check_public_access() -> None:
    """Raise NotDeployableError where the account refuses the bucket policy of every website."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    try:
        blocked = boto3.client("s3control").get_public_access_block(AccountId=account)
    except (BotoCoreError, ClientError) as error:
        if "NoSuchPublicAccessBlockConfiguration" not in str(error):  # else there is nothing that refuses
            print(f"deploy: unknown whether the account blocks public bucket policies: {error}", file=sys.stderr)
        return
    settings = blocked["PublicAccessBlockConfiguration"]
    if settings.get("BlockPublicPolicy") or settings.get("RestrictPublicBuckets"):
        raise NotDeployableError(
            f"Account {account} blocks public bucket policies for all of its buckets, and a website needs one,\n"
            "though it shows nothing to those who don't know the secret of the distribution. Switch BlockPublicPolicy\n"
            "and RestrictPublicBuckets off for the account (S3's console: Block Public Access for this account), and\n"
            "keep them on for each of your other buckets."
        )


def check_presets(text: str) -> None:
    """Raise NotDeployableError for presets with which the resize function would not start."""
    sys.path.append(str(ROOT / "functions"))  # and not by PYTHONPATH, which sam would have, too
    from grammar.presets import read_presets  # noqa: PLC0415 (as said)

    try:
        read_presets(text)
    except ValueError as error:
        raise NotDeployableError(f"Presets can't be deployed: {error}.") from error


def find_missing_secrets(stack: str) -> list[str]:
    """Return the secrets that no deployment has given to the stack: all of a new one, and those newer than it."""
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return [*SECRETS]
        raise
    # What was only announced by a change set, or failed to be made, has to be given its parameters again.
    if stacks[0]["StackStatus"] in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"):
        return [*SECRETS]
    given = {parameter["ParameterKey"] for parameter in stacks[0].get("Parameters", [])}
    return [name for name in SECRETS if name not in given]


def deploy(config: str) -> int:
    """Run `sam deploy`, and return its exit status. Raises NotDeployableError."""
    stack, overrides = read_settings(config)
    if boundary := os.environ.get("PERMISSIONS_BOUNDARY_ARN"):
        overrides = [*overrides, f"PermissionsBoundaryArn={boundary}"]
    values = dict(override.split("=", 1) for override in overrides)
    check_presets(values.get("Presets", ""))
    check_public_access()
    values |= {name: secrets.token_hex(32) for name in find_missing_secrets(stack)}
    with tempfile.TemporaryDirectory() as directory:
        # By a file, which only this user can read: everyone on this machine sees a program's arguments, and of those
        # sam takes no empty value and none with a space.
        path = Path(directory) / "parameters.yaml"  # sam goes by the extension, and reads no .json
        path.write_text(json.dumps(values))
        command = [str(SAM), "deploy", "--config-env", config, "--parameter-overrides", f"file://{path}"]
        if role := os.environ.get("EXECUTION_ROLE_ARN"):
            command += ["--role-arn", role]
        if os.environ.get("CI"):  # there is nobody to ask, and who had to approve has done so
            command += ["--no-confirm-changeset"]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Deploy the environment that the command line names."""
    try:
        return deploy(sys.argv[1] if len(sys.argv) > 1 else "default")
    except (NotDeployableError, BotoCoreError, ClientError) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
