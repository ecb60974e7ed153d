"""Command lines of the local programs: every option has an environment variable, which `make` passes on."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Never

if TYPE_CHECKING:
    from collections.abc import Callable

_VARIABLES: Final = {"--edge-port": "EDGE_PORT", "--aws-port": "AWS_PORT", "--public-key": "PUBLIC_KEY"}
_LARGEST_PORT: Final = 65535


class Parser(argparse.ArgumentParser):
    """A parser that reports a usage error in one line and exits with status 2."""

    def error(self, message: str) -> Never:
        """Print the error with the option and its environment variable."""
        for option, variable in _VARIABLES.items():
            message = message.replace(f"argument {option}:", f"{option} ({variable}):")
        self.exit(2, f"{self.prog}: {message}\n")

    def add_ports(self) -> None:
        """Add the two ports of a stack."""
        self._add("--edge-port", "8080", read_port, "port of the edge, which serves the images")
        self._add("--aws-port", "4566", read_port, "port of the emulated AWS")

    def add_public_key(self) -> None:
        """Add the key that makes a stack private."""
        help_ = "public key (PEM): every image is private, and its URL needs a signature made with the private key"
        self._add("--public-key", "", read_public_key, help_)

    def _add(self, option: str, default: str, read: Callable[[str], int | str], help_: str) -> None:
        variable = _VARIABLES[option]
        value = os.environ.get(variable) or default
        shown = f"{help_} ({variable}; default: {default or 'none'})"
        self.add_argument(option, metavar="PORT" if default else "FILE", type=read, default=value, help=shown)


def read_port(text: str) -> int:
    """Return a port. Raise ArgumentTypeError for anything else."""
    if not text.isascii() or not text.isdigit() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to {_LARGEST_PORT}; 0 is any free port)")
    return int(text)


def read_public_key(path: str) -> str:
    """Return the PEM in a file, or "" for no file. Raise ArgumentTypeError for a file without a public key."""
    if not path:
        return ""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - `--help` does not wait for it
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415 - as above

    try:
        pem = Path(path).read_text()
        load_pem_public_key(pem.encode())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise argparse.ArgumentTypeError(f"{path} does not contain a public key in PEM format: {error}") from error
    return pem
