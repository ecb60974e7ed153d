"""Command lines of the local programs: every option has an environment variable, which `make` passes on."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final, Never

if TYPE_CHECKING:
    from collections.abc import Callable

_VARIABLES: Final = {
    "--edge-port": "EDGE_PORT",
    "--aws-port": "AWS_PORT",
    "--public-key": "PUBLIC_KEY",
    "--parameters": "PARAMETERS",
    "--delivery": "DELIVERY",
}
TEMPLATE: Final = Path(__file__).parent.parent / "template.yaml"
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
        self._add("--edge-port", "8080", read_port, "port of the edge, which serves the images", metavar="PORT")
        self._add("--aws-port", "4566", read_port, "port of the emulated AWS", metavar="PORT")

    def add_public_key(self) -> None:
        """Add the key that makes a stack private."""
        help_ = "public key (PEM): every image is private, and its URL needs a signature made with the private key"
        self._add("--public-key", "", read_public_key, help_, metavar="FILE")

    def add_parameters(self) -> None:
        """Add values for the template's parameters."""
        help_ = "values of the template's parameters, as 'NAME=VALUE NAME=VALUE'; a value with spaces needs quotes"
        self._add("--parameters", "", read_values, help_, metavar="VALUES")
        help_ = "redirect or private, short for --parameters Delivery=..."
        self._add("--delivery", "", read_delivery, help_, metavar="NAME")

    def parse_parameters(self, options: argparse.Namespace) -> dict[str, str]:
        """Return all values of parameters. Exit with a usage error if the delivery is given twice."""
        both = options.parameters.keys() & options.delivery.keys()
        if both and options.parameters != options.parameters | options.delivery:
            self.error("--delivery (DELIVERY) contradicts --parameters (PARAMETERS)")
        return dict(options.parameters | options.delivery)

    def add_fresh(self) -> None:
        """Add the switch that forgets the originals of earlier runs."""
        help_ = "delete the originals kept from earlier runs first (FRESH=1)"
        self.add_argument("--fresh", action="store_true", default=bool(os.environ.get("FRESH")), help=help_)

    def _add(
        self,
        option: str,
        default: str,
        read: Callable[[str], int | str | dict[str, str]],
        help_: str,
        *,
        metavar: str,
    ) -> None:
        variable = _VARIABLES[option]
        value = os.environ.get(variable) or default
        shown = f"{help_} ({variable}; default: {default or 'none'})"
        self.add_argument(option, metavar=metavar, type=read, default=value, help=shown)


def read_port(text: str) -> int:
    """Return a port. Raise ArgumentTypeError for anything else."""
    if not text.isascii() or not text.isdigit() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to {_LARGEST_PORT}; 0 is any free port)")
    return int(text)


def read_values(text: str) -> dict[str, str]:
    """Return the values of parameters. Raise ArgumentTypeError for values that the template does not allow."""
    if not text.strip():
        return {}
    from local.parameters import ParameterError, read_parameters  # noqa: PLC0415 - `--help` does not wait for it

    try:
        return read_parameters(text, TEMPLATE)
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def read_delivery(text: str) -> dict[str, str]:
    """Return the value of the parameter Delivery; none for no text. Raise ArgumentTypeError for an unknown one."""
    return read_values(f"Delivery={shlex.quote(text)}") if text else {}


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
