"""The description of a running stack: served, and in a file that belongs to one stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web

from local.description import add_description, remove_description, write_description
from local.server import serve

if TYPE_CHECKING:
    from pathlib import Path


async def image(_request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="image")


def describe(port: int) -> dict[str, str]:
    return {"edge": f"http://127.0.0.1:{port}", "stack": "transcoder"}


@pytest.mark.sockets
async def test_the_description_is_served_at_the_edge_s_address() -> None:
    async with serve(add_description(lambda: {"a": "b"}, image)) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/_stack") as got:
            assert (got.status, got.content_type, await got.json()) == (200, "application/json", {"a": "b"})
        async with session.get(f"http://127.0.0.1:{port}/_stack/a.jpg") as got:
            assert await got.text() == "image"


@pytest.mark.sockets
async def test_a_second_stack_neither_replaces_nor_removes_the_description_of_a_running_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "stack.json"
    first: dict[str, str] = {}
    second = {"edge": "http://127.0.0.1:1", "stack": "transcoder"}
    async with serve(add_description(lambda: first, image)) as port:
        first = describe(port)
        assert await write_description(path, first) == first
        assert await write_description(path, second) == first
        remove_description(path, second)
        assert json.loads(path.read_text()) == first
    assert await write_description(path, second) == second  # the first stack has ended
    remove_description(path, first)
    assert json.loads(path.read_text()) == second
    remove_description(path, second)
    remove_description(path, second)
    assert list(path.parent.iterdir()) == []


@pytest.mark.sockets
@pytest.mark.parametrize("left", ["", "[]", "{}", '{"edge": 1}', '{"edge": ""}', '{"edge": "http://127.0.0.1:1"}'])
async def test_a_file_of_no_running_stack_is_replaced(tmp_path: Path, left: str) -> None:
    path, own = tmp_path / "stack.json", describe(1)
    path.write_text(left)
    assert await write_description(path, own) == own
    assert json.loads(path.read_text()) == own


@pytest.mark.sockets
async def test_a_port_of_another_program_is_not_a_running_stack(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    async with serve(image) as port:
        await write_description(path, describe(port))
        assert await write_description(path, describe(1)) == describe(1)
