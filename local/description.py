"""The description of a running stack: served at /_stack on the edge's port, and in `.local/stack.json`.

The file describes one stack of this checkout: the first one that `make run` started and that still runs.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from local.server import Handler

URL_PATH: Final = "/_stack"
_PROBE_TIMEOUT: Final = aiohttp.ClientTimeout(total=2)
"""For another stack on this machine to answer."""


def add_description(describe: Callable[[], Mapping[str, str]], handle: Handler) -> Handler:
    """Return a handler that serves the description, and passes every other request on."""

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        if request.path != URL_PATH:
            return await handle(request)
        text = json.dumps(describe(), indent=2) + "\n"
        return web.Response(text=text, content_type="application/json", headers={"Cache-Control": "no-store"})

    return serve


async def write_description(path: Path, description: Mapping[str, str]) -> dict[str, str]:
    """Write the file and return what it contains: the description of another stack if that one still runs.

    The file is replaced in one step, so that it is never read half written.
    """
    other = _read(path)
    if other is not None and await _is_running(other):
        return other
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(description, indent=2) + "\n")
    draft.replace(path)
    return dict(description)


def remove_description(path: Path, description: Mapping[str, str]) -> None:
    """Remove the file, unless it describes another stack."""
    if _read(path) == description:
        path.unlink()


def _read(path: Path) -> dict[str, str] | None:
    try:
        description = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return description if isinstance(description, dict) else None


async def _is_running(description: Mapping[str, str]) -> bool:
    """Tell whether the stack of a description answers with the same one: its port may belong to another program now."""
    try:
        url = URL(description["edge"]).with_path(URL_PATH)
        async with aiohttp.ClientSession(timeout=_PROBE_TIMEOUT) as session, session.get(url) as response:
            return bool(await response.json() == description)
    except (aiohttp.ClientError, OSError, ValueError, LookupError, TypeError):
        return False
