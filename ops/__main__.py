"""Runs one command: `python -m ops COMMAND ...`; each command is a module with `add_options` and `run`."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import NoReturn

from ops.errors import INTERRUPTED, CommandFailed, describe

COMMANDS = {
    "deploy": ("ops.release.deploy", "build and deploy the stack; create its secrets on the first deployment"),
    "change-set": ("ops.release.change_set", "show what the template would change in the stack, and change nothing"),
    "roll-back": ("ops.release.roll_back", "deploy again what was deployed before the last deployment"),
    "smoke": ("ops.smoke.command", "test a deployed stack from outside, step by step"),
    "trace": ("ops.trace", "show what was done for one request"),
    "purge": ("ops.content.purge", "delete derivatives, so that they are rendered again"),
    "reconcile": ("ops.content.reconcile", "compare the buckets and the index, and repair differences"),
    "redrive": ("ops.content.redrive", "show the dead letters, and put them back into the queue"),
    "empty": ("ops.content.empty", "empty the destination bucket, which deleting the stack requires"),
    "sync": ("ops.sync.command", "make the source bucket equal to a folder of originals"),
    "rotate": ("ops.secrets.rotate", "replace the secret between the distribution and its origins"),
    "signing-key": ("ops.secrets.signing_key", "replace the key of signed URLs"),
    "sign": ("ops.links.sign", "print the signed path of a derivative"),
    "private-url": ("ops.links.private_link", "sign a URL of a private stack"),
    "private-cookies": ("ops.links.private_link", "sign cookies for many URLs of a private stack"),
}
"""The module and the summary of each command. Only the module of the chosen command is imported: `sync` runs where
nothing but boto3 and rich is installed."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """End the program with exit status 2."""
        self.exit(2, f"{self.prog}: {message}. `{self.prog} --help` shows the options.\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Return 0, or 1 where it failed or found differences, or 2 for a wrong command line."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # boto3 and the SAM CLI read AWS_DEFAULT_REGION only, all other SDKs of AWS read AWS_REGION.
    if os.environ.get("AWS_REGION"):
        os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
    command = arguments[0] if arguments else ""
    try:
        options = _parse(arguments)
        status: int = options.run(options)
    except CommandFailed as error:
        print(f"{command}: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print(f"{command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        text = describe(error)
        if text is None:
            raise
        print(f"{command}: {text}", file=sys.stderr)
        return 1
    return status


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="python -m ops",
        description="Operates a deployed stack.",
        epilog="`python -m ops COMMAND --help` shows the options of a command. Exit status: 0 done, "
        "1 failed or differences found, 2 wrong command line.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, allow_abbrev=False)
        if arguments[:1] == [name]:
            implementation = import_module(module)
            command.description = implementation.__doc__
            command.formatter_class = argparse.RawDescriptionHelpFormatter
            implementation.add_options(command)
            command.set_defaults(run=implementation.run)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
