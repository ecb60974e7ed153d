from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from local.server import serve

pytestmark = pytest.mark.sockets


async def handle(request: web.BaseRequest) -> web.Response:
    return web.Response(text=f"{request.raw_path} {len(await request.read())}")


async def test_a_handler_sees_raw_paths_and_large_bodies(viewer_of: Any) -> None:
    async with serve(handle) as port:
        got = await viewer_of(port).ask("POST", "//a/../%2e%2F+b?c=%20", body=bytes(2_000_000))
    assert got.body == b"//a/../%2e%2F+b?c=%20 2000000"


async def test_a_body_above_the_limit_is_a_413(viewer_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.server.MAXIMUM_BODY_BYTES", 1000)
    async with serve(handle) as port:
        assert (await viewer_of(port).ask("POST", "/", body=bytes(1001))).status == 413


async def test_a_port_in_use_is_an_error() -> None:
    async with serve(handle) as port:
        with pytest.raises(OSError, match=str(port)):
            async with serve(handle, port):
                pass


async def test_the_port_is_free_again_afterwards() -> None:
    async with serve(handle) as port:
        pass
    async with serve(handle, port) as again:
        assert again == port
