"""The description of a running stack: served at /_stack on the edge's port, and in `.local/stack.json`.

The file describes one stack of this checkout: the first one that `make run` started and that still runs.
"""

from __future__ import annotations

import json
import os
import urllib.request
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from local.server import Handler

URL_PATH: Final = "/_stack"
_SECONDS: Final = 2.0
"""How long another stack may take to answer; it is on the same machine."""


def add_description(describe: Callable[[], Mapping[str, str]], handle: Handler) -> Handler:
    """Return a handler that serves the description, and passes every other request on."""

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        if request.path != URL_PATH:
            return await handle(request)
        text = json.dumps(describe(), indent=2) + "\n"
        return web.Response(text=text, content_type="application/json", headers={"Cache-Control": "no-store"})

    return serve


def write_description(path: Path, description: Mapping[str, str]) -> dict[str, str]:
    """Write the file and return what it contains: the description of another stack if that one still runs.

    The file is replaced in one step, so that it is never read half written.
    """
    other = _read(path)
    if other is not None and _is_running(other):
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


def _is_running(description: Mapping[str, str]) -> bool:
    """Tell whether the stack of a description answers with the same one: its port may belong to another program now."""
    url = f"{description.get('edge')}{URL_PATH}"
    if not url.startswith("http://127.0.0.1:"):
        return False
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - a loopback address
            return bool(json.load(response) == description)
    except (OSError, ValueError):
        return False
