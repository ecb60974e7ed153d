"""Replaces the key of signed URLs by a random one, or by that of the environment variable SIGNING_KEY.

URLs that were signed with the previous key stay valid until the next replacement, or until --forget.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from ops.errors import CommandFailed
from ops.secrets.update import update_parameters
from ops.stack import add_stack_options, find_target, no_stack

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ops.stack import Target

PARAMETERS = ("SigningKey", "OtherSigningKey")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    parser.add_argument("--forget", action="store_true", help="only make URLs of the previous key invalid")


def run(options: argparse.Namespace) -> int:
    """Replace the key, or forget the previous one."""
    target = find_target(options)
    if options.forget:
        forget_previous_key(target)
        print("Only URLs of the last key are valid now. `make purge` deletes what is stored under other signatures.")
        return 0
    had_key = replace_key(target, os.environ.get("SIGNING_KEY", ""))
    print("The stack has a new key." + (" URLs of the previous one stay valid." if had_key else ""))
    return 0


def replace_key(target: Target, key: str = "") -> bool:
    """Sign with another key from now on, and keep the previous one valid; return whether there was one.

    Raises CommandFailed, and botocore's errors for an update that is rolled back.
    """
    old = read_key(target)
    new = key or secrets.token_hex(32)
    if new == old:
        raise CommandFailed("SIGNING_KEY is already the stack's key")
    _update_function(target, dict(zip(PARAMETERS, (new, old), strict=True)))
    if read_key(target) != new:
        raise CommandFailed("the function did not take the new key: is its alias `live` at the last version?")
    return bool(old)


def forget_previous_key(target: Target) -> None:
    """Make signatures of the previous key invalid. Raises as `replace_key`."""
    _update_function(target, {"OtherSigningKey": ""})


def read_key(target: Target) -> str:
    """Return the key that the function serves with, or "": CloudFormation masks the parameter. Raises CommandFailed."""
    client = target.aws.client("lambda")
    try:
        answer = client.get_function_configuration(FunctionName=f"{target.name}-resize", Qualifier="live")
    except client.exceptions.ResourceNotFoundException:
        raise CommandFailed(no_stack(target, client.meta.region_name)) from None
    key: str = answer["Environment"]["Variables"].get("SIGNING_KEY", "")
    return key


def _update_function(target: Target, values: Mapping[str, str]) -> None:
    """Update parameters of the function: only another Release publishes another version of it."""
    update_parameters(target, {**values, "Release": f"signing-key-{secrets.token_hex(4)}"})
