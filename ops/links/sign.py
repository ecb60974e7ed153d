"""Prints the path of a signed derivative.

Usage: sign.py TRANSFORM KEY [--stack NAME | --config CONFIG] [--endpoint URL]

It signs with the key of the environment variable SIGNING_KEY, else with that of the stack's function; never with one of
the command line, which everybody on this machine sees and a shell remembers.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from grammar.errors import MalformedTransform
from grammar.signing import sign_path

ROOT = Path(__file__).parents[2]
OPERATOR = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
"""The emulator's own root: public, and good for nothing else."""


def read_key(stack: str, endpoint: str) -> str:
    """Return the key that the stack's function serves with. Raises ValueError where it has none."""
    connection = {"endpoint_url": endpoint, **OPERATOR} if endpoint else {}
    client = boto3.client("lambda", **connection)  # type: ignore[call-overload]
    configuration = client.get_function_configuration(FunctionName=f"{stack}-resize", Qualifier="live")
    key: str = configuration["Environment"]["Variables"].get("SIGNING_KEY", "")
    if not key:
        raise ValueError(f"the stack {stack} has no key for signatures; `make signing-key` makes one")
    return key


def main() -> int:
    """Sign what the command line names."""
    parser = argparse.ArgumentParser(description="Prints the path of a signed derivative.")
    parser.add_argument("transform", help="such as 300x200,f=auto")
    parser.add_argument("key", help="the original's, as the source bucket has it")
    parser.add_argument("--config", default="default", help="an environment of samconfig.toml, for the stack's name")
    parser.add_argument("--stack", default="", help="the stack's name, instead")
    parser.add_argument("--endpoint", default="", help="URL of another AWS, such as that of `make run`")
    options = parser.parse_args()
    try:
        secret = os.environ.get("SIGNING_KEY") or read_key(_name(options), options.endpoint)
        print(sign_path(options.transform, options.key, secret))
    except (MalformedTransform, ValueError, BotoCoreError, ClientError) as error:
        print(f"sign: {error}", file=sys.stderr)
        return 1
    return 0


def _name(options: argparse.Namespace) -> str:
    if options.stack or options.endpoint:
        return str(options.stack or "transcoder")  # that of `make run`
    try:
        settings = tomllib.loads((ROOT / "samconfig.toml").read_text())
        return str(settings[options.config]["deploy"]["parameters"]["stack_name"])
    except KeyError:
        raise ValueError(f"samconfig.toml knows no {options.config!r} to deploy") from None


if __name__ == "__main__":
    sys.exit(main())
