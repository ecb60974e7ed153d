"""A fake AWS for one function: the Runtime API with extensions, and parts of S3, DynamoDB and CloudFront over TLS.

It answers from memory at once, so that the function's own time is measured.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import subprocess
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

HOST = "127.0.0.1"
_RUNTIME = "/2018-06-01/runtime"
_EXTENSION = "/2020-01-01/extension"
_TIMEOUT_MILLISECONDS = 29_000
NOT_STORED = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
TABLE_ANSWERS = {"Query": '{"Items": []}', "UpdateItem": '{"Attributes": {"paths": {"N": "1"}}}'}
INVALIDATION = (
    "<Invalidation><Id>I1</Id><Status>InProgress</Status><CreateTime>2026-11-24T00:00:00Z</CreateTime>"
    "<InvalidationBatch><Paths><Quantity>0</Quantity></Paths><CallerReference>1</CallerReference>"
    "</InvalidationBatch></Invalidation>"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall-clock time, and the processor time used so far, in seconds."""

    wall: float
    processor: float

    def since(self, earlier: Moment) -> Moment:
        """Return the difference."""
        return Moment(self.wall - earlier.wall, self.processor - earlier.processor)


@dataclass(slots=True)
class Run:
    """The requests of one process: when it polled for each event, and when it answered."""

    read_processor: Callable[[], float]
    requests: int
    asked: list[Moment] = field(default_factory=list)
    answered: list[Moment] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """The calls to AWS until the first answer."""
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when all events were answered, or one failed."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process may end."""
    extended: bool = False
    """Whether the process registered an extension; there is one at most."""
    polls: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    events: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    """The extension's requests for an event, and the events for it."""

    def now(self) -> Moment:
        """Return the current times."""
        return Moment(time.perf_counter(), self.read_processor())


class Cloud:
    """Both servers. `run` is the current process."""

    def __init__(self, original: bytes, event: str) -> None:
        """Serve the same original for every key, and the same event to every process."""
        self.run: Run | None = None
        self._original = original
        self._event = event.encode()
        self.runtime_port = self.aws_port = 0

    @asynccontextmanager
    async def serve(self, certificate: Path) -> AsyncIterator[None]:
        """Serve while the context is open.

        Creates the certificate with its key, and beside it `authorities.pem` with this and all public authorities:
        reading them all is part of a cold start.
        """
        make_certificate(certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        runners = [
            web.ServerRunner(web.Server(handle), shutdown_timeout=0)
            for handle in (self._answer_runtime, self._answer_aws)
        ]
        for runner, tls in zip(runners, (None, context), strict=True):
            await runner.setup()
            await web.TCPSite(runner, HOST, 0, ssl_context=tls).start()
        self.runtime_port, self.aws_port = (int(runner.addresses[0][1]) for runner in runners)
        try:
            yield
        finally:
            for runner in runners:
                await runner.cleanup()

    async def _answer_runtime(self, request: web.BaseRequest) -> web.StreamResponse:
        """Implement the Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html."""
        run = self.run
        if run is None:
            raise web.HTTPServiceUnavailable
        if request.path.startswith(_EXTENSION):
            return await self._answer_extension(request.path, run)
        if request.path == f"{_RUNTIME}/invocation/next":
            if run.extended:  # the next event comes when both have asked for it
                await run.polls.acquire()
                run.events.release()
            run.asked.append(run.now())
            if len(run.asked) > run.requests:
                run.finished.set()
                await run.ended.wait()
            return web.Response(body=self._event, content_type="application/json", headers=_invocation())
        body = await request.read()
        if request.path.endswith("/response"):
            run.answered.append(run.now())
        else:
            run.finished.set()
        run.answers.append(body)
        return web.json_response({"status": "OK"}, status=202)

    async def _answer_extension(self, path: str, run: Run) -> web.StreamResponse:
        """Implement the Extensions API, as far as one extension for INVOKE needs it."""
        if path == f"{_EXTENSION}/register":
            run.extended = True
            return web.json_response({}, headers={"Lambda-Extension-Identifier": "extension"})
        run.polls.release()
        await run.events.acquire()
        return web.json_response({"eventType": "INVOKE"})

    async def _answer_aws(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("expect"):  # botocore waits a second for it before it sends the body
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await request.read()
        target = request.headers.get("x-amz-target", "")
        run = self.run
        if run and not run.answered:
            run.calls.append(target.rpartition(".")[2] or f"{request.method} {_kind(request.path)}")
        if target:
            answer = TABLE_ANSWERS.get(target.rpartition(".")[2], "{}")
            return web.Response(text=answer, content_type="application/x-amz-json-1.0")
        if "/invalidation" in request.path:
            headers = {"Location": "https://cloudfront.amazonaws.com/invalidation/I1"}
            return web.Response(text=INVALIDATION, content_type="text/xml", status=201, headers=headers)
        if request.method == "PUT":
            return web.Response(headers={"ETag": _etag(body)})
        if _kind(request.path) == "derivative":
            return web.Response(text=NOT_STORED, content_type="application/xml", status=404)
        headers = {"ETag": _etag(self._original), "Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT"}
        return web.Response(body=self._original, content_type="image/jpeg", headers=headers)


def _kind(path: str) -> str:
    if "/invalidation" in path:
        return "invalidation"
    return "derivative" if "300x" in path else "original"


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _invocation() -> dict[str, str]:
    return {
        "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "Lambda-Runtime-Deadline-Ms": str(round(time.time() * 1000) + _TIMEOUT_MILLISECONDS),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:images-resize",
    }


def make_certificate(path: Path) -> None:
    """Create a certificate with its key, and beside it `authorities.pem` with this and all public authorities."""
    names = ["-subj", "/CN=benchmark", "-addext", f"subjectAltName=IP:{HOST}"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(path)]
    subprocess.run(
        ["openssl", "req", "-x509", "-days", "2", *names, *key, "-out", path], check=True, capture_output=True
    )
    path.chmod(0o644)
    authorities = Path(certifi.where()).read_text()
    path.with_name("authorities.pem").write_text(authorities + path.read_text())
