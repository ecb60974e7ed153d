"""Deploys again what was deployed before the last `make deploy`, from whatever machine that was.

The template, its parameters and images are the previous ones; secrets stay as they are. Going back twice goes back two
releases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.release.release import roll_back
from ops.release.template_bucket import add_bucket_option, find_bucket
from ops.stack import add_stack_options, find_target, read_target_settings

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    add_bucket_option(parser)


def run(options: argparse.Namespace) -> int:
    """Go back, and print the stack's status."""
    target = find_target(options)
    settings = read_target_settings(options, target)
    print(roll_back(target, find_bucket(settings, target.aws, options.bucket)))
    return 0
