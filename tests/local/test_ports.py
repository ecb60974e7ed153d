"""Free ports and used ones."""

from __future__ import annotations

import socket

import pytest

from local.ports import PortTakenError, claim_port


@pytest.mark.sockets
def test_a_used_port_is_named_with_the_setting_for_another_one() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"Port {port} is in use .* AWS_PORT="):
            claim_port(port, "AWS_PORT")
    assert claim_port(port, "AWS_PORT") == port


@pytest.mark.sockets
def test_zero_is_any_free_port() -> None:
    assert claim_port(0, "EDGE_PORT") > 1023
