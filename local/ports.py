"""TCP ports of the loopback address: a free one, or the asked one with a clear message when it is taken."""

from __future__ import annotations

import random
import socket
from typing import Final

FREE: Final = range(20_000, 32_768)
"""Free ports are taken from here: below those of outgoing connections (32768 and more on Linux), which come and go."""
ATTEMPTS: Final = 100


class PortTakenError(Exception):
    """A port that the stack needs is in use. Its text is for the person at the terminal."""


def claim_port(port: int, setting: str) -> int:
    """Return `port`, or a free one for 0.

    Raises PortTakenError, which names the port and the environment variable that sets another. Between this look and
    the server's own bind somebody else may still come first; the server then fails by itself.
    """
    for number in [port] if port else random.sample(FREE, ATTEMPTS):
        try:
            _bind(number)
        except OSError as error:
            taken = PortTakenError(
                f"Port {number} is taken ({error.strerror}). "
                f"End what listens there, or choose another with {setting}=..."
            )
        else:
            return number
    raise taken


def _bind(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that lingers is no server
        probe.bind(("127.0.0.1", port))
