"""Serves a handler on the loopback address without a router, so that raw paths stay as they were sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

if TYPE_CHECKING:
    from aiohttp import streams

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

LOOPBACK: Final = "127.0.0.1"
MAXIMUM_LINE_BYTES: Final = 32 * 1024
"""Of a request's target and of a header; well above AWS's limits, so that the handlers report what is too long."""

MAXIMUM_BODY_BYTES: Final = 20 * 1024 * 1024
_BACKLOG: Final = 1024


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Suppress what aiohttp logs about malformed HTTP requests; it has answered them with a 400."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


_LOGGER: Final = logging.getLogger(__name__)
_LOGGER.addFilter(_is_worth_logging)


@asynccontextmanager
async def serve(handle: Handler, port: int = 0, host: str = LOOPBACK) -> AsyncIterator[int]:
    """Serve as long as the context lasts, and yield the port (a free one for 0). Raise OSError if it is in use."""
    server = web.Server(
        handle,
        request_factory=_make_request,
        access_log=None,
        logger=_LOGGER,
        auto_decompress=False,
        max_line_size=MAXIMUM_LINE_BYTES,
        max_field_size=MAXIMUM_LINE_BYTES,
    )
    runner = web.ServerRunner(server, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _make_request(
    message: Any,  # noqa: ANN401 - aiohttp's parsed message has no public type
    payload: streams.StreamReader,
    protocol: Any,  # noqa: ANN401 - as above
    writer: Any,  # noqa: ANN401 - as above
    task: asyncio.Task[None],
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAXIMUM_BODY_BYTES)
