"""A server before another one, that passes requests on to it as they are, or lets them fail."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Final, Self

import aiohttp
from aiohttp import web

from lab.chaos.faults import Fault, Faults
from lab.chaos.outage import Outage, service_of
from lab.chaos.refusals import refuse
from local.cloudfront.origin import as_payload, open_session, raw_url
from local.exchange import Answer, end_to_end

if TYPE_CHECKING:
    from types import TracebackType

    from yarl import URL

    from local.wiring import Connection

LATEST: Final = 5.0
"""Seconds after a caller gave up, until its call takes effect at the latest."""
LOOK: Final = 0.05
"""Seconds between two looks at whether a caller has given up."""
_LINGER_NOT: Final = struct.pack("ii", 1, 0)
_BEFORE: Final = {Fault.ERROR, Fault.SLOW_DOWN, Fault.RESET_BEFORE, Fault.STALL_BEFORE, Fault.LATE}


class FaultProxy:
    """A way with faults to a server, as an async context manager."""

    def __init__(self, way: Connection, server: URL, faults: Faults, outage: Outage) -> None:
        """Stand before `server`."""
        self._way = way
        self._server = server
        self._faults = faults
        self._outage = outage
        self._late: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    @property
    def pending(self) -> int:
        """How many calls may still take effect whose callers have given up."""
        return len(self._late)

    async def __aenter__(self) -> Self:
        """Open the connections to the server."""
        self._session = open_session()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections, and forget what would have come late."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request as the server does, or not."""
        try:
            body = await _receive(request)
        except ConnectionError:
            return web.Response()  # the caller was killed; this reaches nobody
        fault = self._outage.draw(service_of(self._way, request.headers)) or self._faults.draw()
        answer = None if fault in _BEFORE else await self._ask(request, body)
        if fault is None:
            return web.Response(status=502) if answer is None else _respond(answer)
        self._faults.count(fault)
        match fault:
            case Fault.ERROR | Fault.SLOW_DOWN:
                return refuse(self._way, request.method, request.headers, busy=fault is Fault.SLOW_DOWN)
            case Fault.TRUNCATED if answer is not None and answer.body:
                return await _cut_off(request, answer, self._faults.between(0, 1))
            case Fault.STALL_BEFORE | Fault.STALL_AFTER:
                await _wait_for_hang_up(request)
            case Fault.LATE:
                await _wait_for_hang_up(request)
                self._do_later(request, body)
        return _reset(request)

    async def _ask(self, request: web.BaseRequest, body: bytes) -> Answer | None:
        """Pass a request on, `Host` and signature as they are; None where the server does not answer."""
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

    def _do_later(self, request: web.BaseRequest, body: bytes) -> None:
        async def ask() -> None:
            await asyncio.sleep(self._faults.between(0, LATEST))
            await self._ask(request, body)

        task = asyncio.create_task(ask())
        self._late.add(task)
        task.add_done_callback(self._late.discard)


async def _receive(request: web.BaseRequest) -> bytes:
    """Read a request's body, and ask for it first if its sender waits for that. Raises ConnectionError."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the length of the answer that follows
    return await request.read()


def _respond(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body or None)


async def _cut_off(request: web.BaseRequest, answer: Answer, share: float) -> web.StreamResponse:
    """Announce the whole body, send a part of it, perhaps nothing, and close the connection as if that was all."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write(answer.body[: int(share * len(answer.body))])
    if request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.BaseRequest) -> web.Response:
    """Close the connection by a TCP reset; the response that is returned reaches nobody."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        request.transport.abort()
    return web.Response()


async def _wait_for_hang_up(request: web.BaseRequest) -> None:
    """Wait until the caller has closed the connection: by its time limit, or because it died."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(LOOK)
