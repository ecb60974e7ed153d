"""Prints the signed path of a derivative.

It signs with the key in the environment variable SIGNING_KEY, or else with the key of the stack's function. There is no
option for the key: every user of this machine sees a command line, and a shell keeps it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grammar.errors import MalformedTransform
from grammar.signing import sign_path
from ops.errors import CommandFailed, UsageError
from ops.secrets.signing_key import read_key
from ops.stack import add_stack_options, find_target

if TYPE_CHECKING:
    import argparse

UNUSED = "0" * 32
"""A key of the shortest length."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("transform", metavar="TRANSFORM", help="for example 300x200,f=auto")
    parser.add_argument("key", metavar="KEY", help="key of the original in the source bucket")
    add_stack_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the path."""
    try:
        sign_path(options.transform, options.key, UNUSED)  # raises before the key is read
        print(sign_path(options.transform, options.key, os.environ.get("SIGNING_KEY") or _read_key(options)))
    except (MalformedTransform, ValueError) as error:
        raise UsageError(str(error)) from error
    return 0


def _read_key(options: argparse.Namespace) -> str:
    target = find_target(options)
    key = read_key(target)
    if not key:
        raise CommandFailed(f"stack {target.name!r} has no key for signatures; `make signing-key` creates one")
    return key
