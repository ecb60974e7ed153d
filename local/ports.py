"""TCP ports of the loopback address: a free one, or a given one with a clear message if it is in use."""

from __future__ import annotations

import random
import socket
from typing import Final

FREE: Final = range(20_000, 32_768)
"""Free ports are taken from here, below the range that Linux uses for outgoing connections (32768 and more)."""
ATTEMPTS: Final = 100


class PortTakenError(Exception):
    """A port that the stack needs is in use. The text is shown to the user."""


def claim_port(port: int, setting: str) -> int:
    """Return `port`, or a free one for 0.

    Raises PortTakenError, which names the port and the environment variable that sets another one. Another program may
    still take the port before the server binds it; the server then fails.
    """
    for number in [port] if port else random.sample(FREE, ATTEMPTS):
        try:
            _bind(number)
        except OSError as error:
            taken = PortTakenError(
                f"Port {number} is in use ({error.strerror}). Stop the program that listens there, or set {setting}=..."
            )
        else:
            return number
    raise taken


def _bind(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection in TIME_WAIT is not a server
        probe.bind(("127.0.0.1", port))
