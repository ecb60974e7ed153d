"""A proxy for the functions' CloudFront calls: they go to the emulator, and accepted invalidations to the edge."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web

from local.cloudfront.origin import WithSession, as_payload, raw_url
from local.exchange import RefusedError, check_headers, end_to_end
from local.steps import Observer, Step

if TYPE_CHECKING:
    from yarl import URL

Invalidate = Callable[[Sequence[str]], int]
"""Drop the answers that items name from an edge's cache; return their number."""

_CREATE: Final = re.compile(r"/2020-05-31/distribution/([A-Za-z0-9]{1,64})/invalidation/?(?:\?.*)?")
_SHOWN: Final = 3
"""Items that a line shows."""


class InvalidationProxy(WithSession):
    """The server that `AWS_ENDPOINT_URL_CLOUDFRONT` of the functions points to."""

    def __init__(self, emulator: URL, invalidate: Mapping[str, Invalidate], observe: Observer) -> None:
        """Take the emulator's address, each distribution's edge, and the observer of steps 11 and C."""
        super().__init__()
        self._emulator = emulator
        self._invalidate = invalidate
        self._observe = observe

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Forward a request with its `Host` and signature: the emulator verifies both, and the caller's role."""
        try:
            check_headers(request.headers)
        except RefusedError as refused:
            return web.Response(status=refused.status, text=str(refused))
        started = time.perf_counter()
        body = await request.read()
        url = raw_url(self._emulator, request.raw_path)
        headers = end_to_end(request.headers)
        headers.popall("Content-Length", None)
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=as_payload(body), allow_redirects=False
            ) as response:
                answer = await response.read()
                created = _CREATE.fullmatch(request.raw_path) if request.method == "POST" else None
                if created and response.status == HTTPStatus.CREATED:
                    self._invalidate_edge(created[1], body, answer, (time.perf_counter() - started) * 1000)
                forwarded = end_to_end(response.headers)
                forwarded.popall("Content-Length", None)
                return web.Response(status=response.status, headers=forwarded, body=answer)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="The emulator can't be reached.")

    def _invalidate_edge(self, distribution_id: str, body: bytes, answer: bytes, milliseconds: float) -> None:
        invalidate = self._invalidate.get(distribution_id)
        items = _texts(body, "Path")
        invalidation_id = next(iter(_texts(answer, "Id")), "")
        tags = [item for item in items if item.startswith("#")]
        paths = [item for item in items if not item.startswith("#")]
        for number, what, named in (("11", "paths", paths), ("C", "tags", tags)):
            if not named:
                continue
            dropped = invalidate(named) if invalidate is not None else 0
            shown = ", ".join(named[:_SHOWN]) + (f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else "")
            details: dict[str, object] = {
                "distribution_id": distribution_id,
                "invalidation_id": invalidation_id,
                "items": named,
                "dropped": dropped,
            }
            effect = f"{dropped} answers dropped at the edge" if dropped else "nothing was cached at the edge"
            line = f"invalidated {what} {shown}: {effect} ({invalidation_id})"
            self._observe(Step(number, line, milliseconds, details))


class _Builder(ET.TreeBuilder):
    """Builds the tree of a document without a document type, and so without entities."""

    def doctype(self, name: str, pubid: str, system: str) -> None:
        """Reject a document type."""
        raise ValueError(f"a document type {name} {pubid} {system}")


def _texts(document: bytes, name: str) -> list[str]:
    """Return the texts of all elements with a name, in any namespace; none if the XML is invalid."""
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 - bounded, and document types are refused
    try:
        parser.feed(document)
        root = parser.close()
    except (ET.ParseError, ValueError):
        return []
    return [element.text for element in root.iter() if element.tag.rpartition("}")[2] == name and element.text]
