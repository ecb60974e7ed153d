"""Messages between viewer, edge and origin: requests with their raw target, answers with their complete body."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from multidict import CIMultiDict

if TYPE_CHECKING:
    from aiohttp import web
    from multidict import MultiMapping

MAXIMUM_URL_BYTES: Final = 8192
"""CloudFront's "maximum length of a URL" (developer guide, quotas on distributions)."""

HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    },
)
"""RFC 9110, section 7.6.1; a `Connection` header may name others."""

_ABSOLUTE: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


class RefusedError(Exception):
    """An invalid request: the status and the sentence with which it is answered."""

    def __init__(self, status: int, reason: str) -> None:
        """Take the answer's status and the reason, a sentence for the viewer."""
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class ViewerRequest:
    """A viewer's request; `path` and `query` are percent-encoded ASCII."""

    method: str
    path: str
    query: str
    headers: MultiMapping[str]
    ip: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. Copy its headers before changing them."""

    status: int
    headers: CIMultiDict[str]
    body: bytes


def read_target(raw: str) -> tuple[str, str]:
    """Split a request's target into its raw path and query. Raise RefusedError for an invalid or long one."""
    if len(raw) > MAXIMUM_URL_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_URI_TOO_LONG, "The URL is longer than 8192 bytes.")
    raw = _ABSOLUTE.sub("", raw, count=1) if not raw.startswith("/") and _ABSOLUTE.match(raw) else raw
    path, _, query = raw.partition("?")
    if not path.startswith("/") or "#" in raw:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The request target is not a path.")
    return _to_ascii(path), _to_ascii(query)


def _to_ascii(text: str) -> str:
    """Percent-encode everything but printable ASCII; existing escapes stay."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    printable = "".join(map(chr, range(0x21, 0x7F)))
    return quote(text.encode("utf-8", "surrogateescape"), safe=printable)


def read_request(request: web.BaseRequest, body: bytes = b"") -> ViewerRequest:
    """Convert an aiohttp request. Raise RefusedError for an invalid target or header."""
    path, query = read_target(request.raw_path)
    check_headers(request.headers)
    return ViewerRequest(request.method, path, query, request.headers, request.remote or "127.0.0.1", body)


def check_headers(headers: MultiMapping[str]) -> None:
    """Raise RefusedError for a header that can't be forwarded."""
    if not all(value.isascii() or _is_text(value) for value in headers.values()):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "A header is not valid UTF-8.")


def _is_text(value: str) -> bool:
    """Tell whether a header was valid UTF-8: aiohttp decodes the other bytes to lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def end_to_end(headers: MultiMapping[str]) -> CIMultiDict[str]:
    """Copy the end-to-end headers; bytes that are not UTF-8 become question marks."""
    named = {name.strip().lower() for value in headers.getall("Connection", []) for name in value.split(",")}
    return CIMultiDict(
        (name, value if value.isascii() else value.encode("utf-8", "replace").decode())
        for name, value in headers.items()
        if name.lower() not in HOP_BY_HOP | named
    )


def error_answer(status: int, reason: str) -> Answer:
    """Make the HTML page of an error that the edge itself reports."""
    body = (
        "<!DOCTYPE html><html><head><title>ERROR: The request could not be satisfied</title></head>"
        f"<body><h1>{status} ERROR</h1><h2>The request could not be satisfied.</h2><p>{html.escape(reason)}</p>"
        "</body></html>"
    ).encode()
    return Answer(status, CIMultiDict({"Server": "CloudFront", "Content-Type": "text/html"}), body)
