"""Builds and deploys a stack with the SAM CLI; creates its secrets on the first deployment.

There is no --local: `make run` deploys the stack of this machine itself.

Before it builds, it checks what would make the deployment fail: Docker, credentials, region, the account's block of
public buckets, the state of the stack. What was deployed before is kept for `roll-back`.

A stack whose last update was rolled back gets a new `Release`: Lambda keeps the versions that were published then, and
publishes no second one that is like its last. The repositories keep the newest images. prod can't be deleted.

Continuous delivery sets EXECUTION_ROLE_ARN, the role that CloudFormation works with, and PERMISSIONS_BOUNDARY_ARN, the
boundary of the roles that the stack creates. Without them everything is done with your own permissions.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import CommandFailed, describe
from ops.release.checks import check
from ops.release.release import read_release, remember
from ops.release.repositories import bound_repositories
from ops.release.template_bucket import add_bucket_option, find_bucket
from ops.settings import ROOT
from ops.stack import add_stack_options, describe_stack, find_target, read_target_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ops.settings import Settings
    from ops.stack import Target

SAM = ROOT / ".venv" / "tools" / "sam" / "bin" / "sam"
SECRETS = ("OriginSecret", "SigningKey")
"""Parameters that are created at random, once."""
PROTECTED = "prod"
"""The configuration whose stack cannot be deleted before its protection is switched off."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser, local=False)
    add_bucket_option(parser)
    parser.add_argument("--built", action="store_true", help="deploy what `make build` has built, and do not build")


def run(options: argparse.Namespace) -> int:
    """Check, build, keep what is deployed, and deploy. Raises CommandFailed."""
    target = find_target(options)
    settings = read_target_settings(options, target)
    check(settings, target)
    if not options.built and _run_sam("build", "--config-env", options.config):
        return 1
    keep_release(settings, target, options.bucket)
    if deploy(options.config, settings, target):
        return 1
    bound_repositories(target)
    if options.config == PROTECTED:
        protect(target)
    return 0


def keep_release(settings: Settings, target: Target, bucket: str = "") -> None:
    """Keep what is deployed for `roll-back`; where that is not possible, only warn."""
    release = read_release(target.aws.client("cloudformation"), target.name)
    if release is None:
        return
    try:
        remember(release, target.name, find_bucket(settings, target.aws, bucket))
    except CommandFailed as error:
        print(f"deploy: {error}. Without it `make roll-back` can't return to this release.", file=sys.stderr)


def deploy(config: str, settings: Settings, target: Target) -> int:
    """Run `sam deploy`, and return its exit status."""
    values = dict(settings.parameters)
    if boundary := os.environ.get("PERMISSIONS_BOUNDARY_ARN"):
        values["PermissionsBoundaryArn"] = boundary
    stack = describe_stack(target.aws.client("cloudformation"), target.name)
    values |= {name: secrets.token_hex(32) for name in _find_missing_secrets(stack)}
    if stack is not None and stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE":
        values["Release"] = f"retry-{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory() as directory:
        # By a file that only this user can read: every user of this machine sees a program's arguments, and among those
        # sam takes no empty value and none with a space.
        path = Path(directory) / "parameters.yaml"  # sam goes by the extension, and reads no .json
        path.write_text(json.dumps(values))
        arguments = ["--config-env", config, "--stack-name", target.name, "--parameter-overrides", f"file://{path}"]
        if role := os.environ.get("EXECUTION_ROLE_ARN"):
            arguments += ["--role-arn", role]
        if os.environ.get("CI"):  # nobody is there to confirm; approvals come before this
            arguments += ["--no-confirm-changeset"]
        return _run_sam("deploy", *arguments)


def protect(target: Target) -> None:
    """Protect the stack from deletion; where that is not possible, only warn."""
    formation = target.aws.client("cloudformation")
    try:
        formation.update_termination_protection(StackName=target.name, EnableTerminationProtection=True)
    except (BotoCoreError, ClientError) as error:
        print(f"deploy: the stack is not protected from deletion: {describe(error)}", file=sys.stderr)


def _find_missing_secrets(stack: Mapping[str, Any] | None) -> list[str]:
    """Return the secrets that the stack does not have yet: all of a new stack, and those newer than it."""
    # A stack that a change set has only announced has to be given its parameters again.
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return [*SECRETS]
    given = {parameter["ParameterKey"] for parameter in stack.get("Parameters", [])}
    return [name for name in SECRETS if name not in given]


def _run_sam(*arguments: str) -> int:
    return subprocess.run([str(SAM), *arguments], cwd=ROOT, check=False).returncode
