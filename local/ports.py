"""TCP ports of the loopback address: a free one, or the asked one with a clear message when it is taken."""

from __future__ import annotations

import socket


class PortTakenError(Exception):
    """A port that the stack needs is in use. Its text is for the person at the terminal."""


def claim_port(port: int, setting: str) -> int:
    """Return `port`, or a free one for 0.

    Raises PortTakenError, which names the port and the environment variable that sets another. Between this look and
    the server's own bind somebody else may still come first; the server then fails by itself.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that lingers is no server
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTakenError(
                f"Port {port} is taken ({error.strerror}). End what listens there, or choose another with {setting}=..."
            ) from error
        number: int = probe.getsockname()[1]
        return number
