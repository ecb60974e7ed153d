"""Tests a deployed stack from outside: goes through its workflow step by step with an original of its own.

The original is uploaded under smoke/ and removed at the end. A private stack needs cookies for all of its URLs in the
environment variable COOKIES, as `private-cookies` prints them.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ops.errors import CommandFailed
from ops.smoke.steps import smoke
from ops.smoke.walk import Step, Walk
from ops.stack import add_stack_options, find_target, read_deployed, read_url

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    parser.add_argument(
        "--edge", type=read_url, metavar="URL", help="address of the images (default: that of the stack)"
    )


def run(options: argparse.Namespace) -> int:
    """Test, and print each step."""
    target = find_target(options)
    stack = read_deployed(target)
    cookies = "; ".join(re.findall(r"CloudFront-[A-Za-z-]+=[^;\s]+", os.environ.get("COOKIES", "")))
    if stack.parameters.get("TrustedKeyGroups") and not cookies:
        raise CommandFailed(
            "this stack is private: set COOKIES to what `make private-cookies URL='https://HOST/*'` prints"
        )
    passed = smoke(Walk(stack, options.edge or target.edge or stack.output("Url"), _print, cookies=cookies))
    print("\nAll steps passed." if passed else "\nSome steps failed.")
    return 0 if passed else 1


def _print(step: Step) -> None:
    mark = "  " if step.passed else "FAILED  "
    print(f"{step.number:>6}  {mark}{step.what}" + (f": {step.evidence}" if step.evidence else ""), flush=True)
