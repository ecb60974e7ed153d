"""What the programs have in common: their command line, the stack that it names, and their exit status."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.stack import Inoperable

if TYPE_CHECKING:
    from collections.abc import Callable


def parse(description: str, **switches: str) -> argparse.Namespace:
    """Read the command line: STACK, --apply, --endpoint URL, and a program's own switches, each with its help."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("stack", help="name of the stack")
    parser.add_argument("--apply", action="store_true", help="change something; without it the program only looks")
    parser.add_argument("--endpoint", help="URL of another AWS, such as that of `make run`")
    for name, help_ in switches.items():
        parser.add_argument(f"--{name}", action="store_true", help=help_)
    arguments = parser.parse_args()
    if arguments.endpoint:
        os.environ["AWS_ENDPOINT_URL"] = arguments.endpoint
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }.items():
            os.environ.setdefault(name, value)
    if "AWS_REGION" in os.environ:
        os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
    return arguments


def take_environment(stack: str) -> None:
    """Give this process the environment of the stack's copy function."""
    configuration = boto3.client("lambda").get_function_configuration(FunctionName=f"{stack}-copy")
    os.environ.update(configuration["Environment"]["Variables"])
    os.environ["POWERTOOLS_TRACE_DISABLED"] = "true"


def run(main: Callable[[], int]) -> int:
    """Run a program, and return its exit status: 2 where AWS refuses, with one line that says what."""
    try:
        return main()
    except (Inoperable, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 2
