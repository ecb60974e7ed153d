"""A reverse proxy that forwards requests unchanged, or injects a fault."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Final, Self

import aiohttp
from aiohttp import web

from lab.chaos.error_responses import error_response
from lab.chaos.faults import Fault, Faults
from lab.chaos.outage import Outage, service_of
from local.cloudfront.origin import as_payload, open_session, raw_url
from local.exchange import Answer, end_to_end

if TYPE_CHECKING:
    from types import TracebackType

    from yarl import URL

    from local.wiring import Connection

MAX_DELAY: Final = 5.0
"""Longest delay, after the caller gave up, until a late call takes effect; in seconds."""
POLL_SECONDS: Final = 0.05
"""Seconds between two checks whether a caller has given up."""
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_BEFORE: Final = {Fault.ERROR, Fault.SLOW_DOWN, Fault.RESET_BEFORE, Fault.STALL_BEFORE, Fault.LATE}


class FaultProxy:
    """A proxy with faults in front of a server, as an async context manager."""

    def __init__(self, connection: Connection, server: URL, faults: Faults, outage: Outage) -> None:
        """Forward to `server`."""
        self._connection = connection
        self._server = server
        self._faults = faults
        self._outage = outage
        self._late: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    @property
    def pending(self) -> int:
        """The number of calls that may still take effect after their callers gave up."""
        return len(self._late)

    async def __aenter__(self) -> Self:
        """Open the connections to the server."""
        self._session = open_session()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections, and drop late calls."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request as the server does, or inject a fault."""
        try:
            body = await _receive(request)
        except ConnectionError:
            return web.Response()  # the caller was killed; nobody receives this
        fault = self._outage.draw(service_of(self._connection, request.headers)) or self._faults.draw()
        answer = None if fault in _BEFORE else await self._forward(request, body)
        if fault is None:
            return web.Response(status=502) if answer is None else _respond(answer)
        self._faults.count(fault)
        match fault:
            case Fault.ERROR | Fault.SLOW_DOWN:
                return error_response(self._connection, request.method, request.headers, busy=fault is Fault.SLOW_DOWN)
            case Fault.TRUNCATED if answer is not None and answer.body:
                return await _cut_off(request, answer, self._faults.uniform(0, 1))
            case Fault.STALL_BEFORE | Fault.STALL_AFTER:
                await _wait_for_hang_up(request)
            case Fault.LATE:
                await _wait_for_hang_up(request)
                self._forward_later(request, body)
        return _reset(request)

    async def _forward(self, request: web.BaseRequest, body: bytes) -> Answer | None:
        """Forward a request with its `Host` and signature; return None if the server does not answer."""
        if self._session is None:
            raise RuntimeError("the proxy is not open: use it as a context manager")
        headers = end_to_end(request.headers)
        for name in ("Content-Length", "Expect"):
            headers.popall(name, None)
        url = raw_url(self._server, request.raw_path)
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=as_payload(body), allow_redirects=False
            ) as response:
                received = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        kept = end_to_end(response.headers)
        if request.method != "HEAD":
            kept.popall("Content-Length", None)
        return Answer(response.status, kept, received)

    def _forward_later(self, request: web.BaseRequest, body: bytes) -> None:
        async def forward() -> None:
            await asyncio.sleep(self._faults.uniform(0, MAX_DELAY))
            await self._forward(request, body)

        task = asyncio.create_task(forward())
        self._late.add(task)
        task.add_done_callback(self._late.discard)


async def _receive(request: web.BaseRequest) -> bytes:
    """Read a request's body; send 100 Continue first if the client expects it. Raises ConnectionError."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the length of the answer that follows
    return await request.read()


def _respond(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body or None)


async def _cut_off(request: web.BaseRequest, answer: Answer, share: float) -> web.StreamResponse:
    """Send the Content-Length of the whole body but only a part of it (may be empty), and close the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write(answer.body[: int(share * len(answer.body))])
    if request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.BaseRequest) -> web.Response:
    """Close the connection by a TCP reset; the returned response is never sent."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        request.transport.abort()
    return web.Response()


async def _wait_for_hang_up(request: web.BaseRequest) -> None:
    """Wait until the caller closes the connection: at its time limit, or because it was killed."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(POLL_SECONDS)
