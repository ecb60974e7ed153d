"""A stand-in of S3, DynamoDB and CloudFront over TLS that answers after a latency for each kind of call."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from lab.benchmarks.cold.cloud import HOST, INVALIDATION, NOT_STORED, TABLE_ANSWERS, make_certificate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

LATENCIES: Mapping[str, float] = {"GET": 0.025, "PUT": 0.040, "HEAD": 0.015, "DynamoDB": 0.005, "POST": 0.250}
"""Seconds until a call is answered, by its kind; POST is CloudFront's CreateInvalidation."""
ORIGINALS = "originals/"
"""Prefix of the originals' keys: `originals/NAME-NUMBER.jpg`."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call to AWS: its name, and when it arrived and was answered (`time.perf_counter`)."""

    name: str
    start: float
    end: float


@dataclass(slots=True)
class Aws:
    """The stand-in. `originals` are bodies by name; each numbered key has the same body, and is a new original."""

    originals: Mapping[str, bytes]
    latencies: Mapping[str, float] = field(default_factory=lambda: LATENCIES)
    calls: list[Call] = field(default_factory=list)
    """The calls so far; cleared by the reader."""
    stored: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    """Derivatives, with their ETags."""
    port: int = 0

    @asynccontextmanager
    async def serve(self, certificate: Path) -> AsyncIterator[None]:
        """Serve while the context is open; the certificate, and `authorities.pem` with it, are created."""
        make_certificate(certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
        self.port = int(runner.addresses[0][1])
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        start = time.perf_counter()
        if request.headers.get("expect"):  # botocore waits a second for it before it sends the body
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await request.read()
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        await asyncio.sleep(self.latencies["DynamoDB" if operation else request.method])
        key = request.path.lstrip("/").partition("/")[2]
        name = operation or f"{request.method} {_describe(request.method, key)}"
        response = self._answer_table(operation) if operation else self._answer_object(request.method, key, body)
        self.calls.append(Call(name, start, time.perf_counter()))
        return response

    def _answer_table(self, operation: str) -> web.Response:
        return web.Response(text=TABLE_ANSWERS.get(operation, "{}"), content_type="application/x-amz-json-1.0")

    def _answer_object(self, method: str, key: str, body: bytes) -> web.Response:
        if method == "POST":
            headers = {"Location": "https://cloudfront.amazonaws.com/invalidation/I1"}
            return web.Response(text=INVALIDATION, content_type="text/xml", status=201, headers=headers)
        if method == "PUT":
            self.stored[key] = (body, _etag(body))
            return web.Response(headers={"ETag": self.stored[key][1]})
        found = self._find(key)
        if found is None:
            return web.Response(text=NOT_STORED, content_type="application/xml", status=404)
        headers = {"ETag": found[1], "Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT"}
        return web.Response(body=found[0], content_type="image/jpeg", headers=headers)

    def _find(self, key: str) -> tuple[bytes, str] | None:
        if not key.startswith(ORIGINALS):
            return self.stored.get(key)
        body = self.originals[key.removeprefix(ORIGINALS).partition("-")[0]]
        return body, f'"{len(body):032x}"'


def _describe(method: str, key: str) -> str:
    if method == "POST":
        return "invalidation"
    return "original" if key.startswith(ORIGINALS) else "derivative"


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
