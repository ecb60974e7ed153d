"""Command lines of the lab's programs."""

from __future__ import annotations

import argparse
from typing import Never


class Parser(argparse.ArgumentParser):
    """A parser that reports a wrong option in one line and exits with status 2."""

    def __init__(self, prog: str, description: str | None) -> None:
        """Take the command as a user types it, and its description; options can't be abbreviated."""
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> Never:
        """Print the error, and where the options are listed."""
        self.exit(2, f"{self.prog}: {message.removeprefix('argument ')} (--help lists the options)\n")


def add_renewal(parser: argparse.ArgumentParser) -> None:
    """Add `--renew`, without which a measurement is only printed."""
    parser.add_argument("--renew", action="store_true", help="replace the committed results, too")


def option(name: str) -> str:
    """Return the option of a field: --hit-ratio of hit_ratio."""
    return f"--{name.replace('_', '-')}"


def number(text: str) -> float:
    """Return a number. Raise ArgumentTypeError for anything else."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def count(text: str) -> int:
    """Return a whole number of at least 1. Raise ArgumentTypeError for anything else."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)
