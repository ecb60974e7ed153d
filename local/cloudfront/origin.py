"""HTTP requests from the edge to an origin: an unreachable origin is a 502, a slow one a 504."""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

import aiohttp
from yarl import URL

from local.exchange import Answer, end_to_end, error_answer
from local.server import MAXIMUM_LINE_BYTES

if TYPE_CHECKING:
    from multidict import CIMultiDict

    from local.cloudfront.behaviour import Origin
    from local.exchange import ViewerRequest

MAXIMUM_BODY_BYTES: Final = 50 * 1024 * 1024
"""The largest answer that the local edge accepts: answers are held in memory."""


def open_session() -> aiohttp.ClientSession:
    """Return a client that adds no headers to requests, and does not decode bodies."""
    return aiohttp.ClientSession(
        auto_decompress=False,
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=MAXIMUM_LINE_BYTES,
        max_field_size=MAXIMUM_LINE_BYTES,
    )


class WithSession:
    """A server that sends requests of its own; used as a context manager, which opens and closes its connections."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._opened: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connections."""
        self._opened = open_session()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            raise RuntimeError(f"{type(self).__name__} is not open: use it as a context manager")
        return self._opened


def raw_url(server: URL, target: str) -> URL:
    """Join a server's address and a raw target without changing the target."""
    return URL(f"{server.scheme}://{server.authority}{target}", encoded=True)


def as_payload(body: bytes) -> io.BytesIO | None:
    """Wrap a request's body; None for an empty one. aiohttp warns about large bodies given as bytes."""
    return io.BytesIO(body) if body else None


async def ask(
    session: aiohttp.ClientSession, origin: Origin, url: URL, request: ViewerRequest, headers: CIMultiDict[str]
) -> Answer:
    """Send a request with other headers, and return the answer: CloudFront's 502 or 504 if the origin fails."""
    method, body = request.method, request.body
    timeout = aiohttp.ClientTimeout(
        total=origin.completion_timeout, sock_connect=origin.connect_timeout, sock_read=origin.read_timeout
    )
    try:
        async with session.request(
            method, url, headers=headers, data=as_payload(body), allow_redirects=False, timeout=timeout
        ) as response:
            received = await _read(response)
            if received is None:
                return error_answer(
                    HTTPStatus.BAD_GATEWAY, f"The origin's answer is larger than {MAXIMUM_BODY_BYTES} bytes."
                )
            kept = end_to_end(response.headers)
            if method != "HEAD":
                kept.popall("Content-Length", None)
            return Answer(response.status, kept, received)
    except TimeoutError:
        return error_answer(HTTPStatus.GATEWAY_TIMEOUT, f"{origin.domain_name} did not answer in time.")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return error_answer(HTTPStatus.BAD_GATEWAY, f"{origin.domain_name} can't be reached ({type(error).__name__}).")


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """Read a body; return None if it is larger than the limit."""
    if (response.content_length or 0) > MAXIMUM_BODY_BYTES and response.method != "HEAD":
        response.close()
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > MAXIMUM_BODY_BYTES:
            response.close()
            return None
        chunks.append(chunk)
    return b"".join(chunks)
