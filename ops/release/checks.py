"""What would make a deployment fail after minutes of building and deploying, checked before it begins."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from grammar.path import unservable
from grammar.presets import read_presets
from ops.errors import CommandFailed, UsageError, describe
from ops.stack import describe_stack

if TYPE_CHECKING:
    from ops.settings import Settings
    from ops.stack import Target

STACK_NAME = re.compile(r"[a-z0-9-]{1,23}")
"""It is part of bucket names, which have 63 characters: 23 are left in the regions with the longest names."""
NEVER_CREATED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


def check(settings: Settings, target: Target) -> None:
    """Raise CommandFailed where a deployment would fail, and botocore's errors for missing credentials or region."""
    check_settings(settings)
    check_docker()
    check_stack(target)
    check_public_access(settings, target)


def check_settings(settings: Settings) -> None:
    """Raise UsageError for a name that buckets can't have, and parameters with which the function would not start."""
    if not STACK_NAME.fullmatch(settings.stack_name):
        raise UsageError(
            f"{settings.stack_name!r} can't be a stack's name: it has at most 23 lower-case letters, digits and "
            "hyphens, because names of buckets contain it"
        )
    try:
        read_presets(settings.parameters.get("Presets", ""))
    except ValueError as error:
        raise UsageError(f"the parameter Presets is not valid: {error}") from error
    fallback = settings.parameters.get("FallbackKey", "")
    if fallback and (reason := unservable(fallback)):
        raise UsageError(f"the parameter FallbackKey is not the key of an original: {reason}")


def check_docker() -> None:
    """Raise CommandFailed where a Docker client finds no engine. Where there is no client, the SAM CLI looks itself."""
    if shutil.which("docker") is None:
        return
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = " ".join((done.stderr or done.stdout).split())
        raise CommandFailed(f"Docker is not running, and the functions are built as images: {reason}")


def check_stack(target: Target) -> None:
    """Raise CommandFailed where the stack is in a state that CloudFormation does not update."""
    stack = describe_stack(target.aws.client("cloudformation"), target.name)
    status = stack["StackStatus"] if stack else ""
    if status in NEVER_CREATED:
        raise CommandFailed(
            f"stack {target.name!r} is in {status}: its creation failed, and it can't be updated. "
            "Delete it (`make delete`), then deploy again"
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        raise CommandFailed(
            f"stack {target.name!r} is in {status}. Run `aws cloudformation continue-update-rollback --stack-name "
            f"{target.name}` first"
        )
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise CommandFailed(f"stack {target.name!r} is in {status}: wait until the other deployment has finished")


def check_public_access(settings: Settings, target: Target) -> None:
    """Raise CommandFailed where the account refuses the bucket policy that every website needs.

    An organization's S3 policy shows as the account's block. Delivery=private has no public bucket policy.
    """
    if settings.parameters.get("Delivery", deployed_delivery(target)) == "private":
        return
    account = target.aws.client("sts").get_caller_identity()["Account"]
    try:
        blocked = target.aws.client("s3control").get_public_access_block(AccountId=account)
    except (BotoCoreError, ClientError) as error:
        if "NoSuchPublicAccessBlockConfiguration" not in str(error):  # which means that nothing is blocked
            print(f"deploy: can't check whether the account blocks public buckets: {describe(error)}", file=sys.stderr)
        return
    block = blocked["PublicAccessBlockConfiguration"]
    if block.get("BlockPublicPolicy") or block.get("RestrictPublicBuckets"):
        raise CommandFailed(
            f"account {account} blocks public bucket policies for all buckets. The website of the destination bucket "
            "needs one, although it answers only the distribution, which knows a secret. Deploy with Delivery=private "
            "(parameter_overrides in samconfig.toml): it needs no public bucket. Or switch BlockPublicPolicy and "
            "RestrictPublicBuckets off for the account (S3 console: Block Public Access settings for this account; an "
            "organization's policy may forbid it), and on for each of your other buckets"
        )


def deployed_delivery(target: Target) -> str:
    """Return the parameter Delivery of the stack, which an update without a value keeps; redirect for a new stack."""
    stack = describe_stack(target.aws.client("cloudformation"), target.name) or {}
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    return str(given.get("Delivery", "redirect"))
