"""The way of the functions' CloudFront calls: through to the emulator, unchanged, and on to the edge once granted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web

from local.cloudfront.origin import as_payload, open_session, raw_url
from local.exchange import RefusedError, check_headers, end_to_end
from local.steps import Observer, Step

if TYPE_CHECKING:
    from types import TracebackType

    from yarl import URL

Invalidate = Callable[[Sequence[str]], int]
"""Drop what the items name from an edge's cache; return how many answers these were."""

_CREATE: Final = re.compile(r"/2020-05-31/distribution/([A-Za-z0-9]{1,64})/invalidation/?(?:\?.*)?")
_SHOWN: Final = 3
"""Items that a line names."""


class InvalidationProxy:
    """What the functions have as `AWS_ENDPOINT_URL_CLOUDFRONT`."""

    def __init__(self, emulator: URL, invalidate: Mapping[str, Invalidate], observe: Observer) -> None:
        """Take the emulator's address, each distribution's edge, and who is told of the steps 11 and C."""
        self._emulator = emulator
        self._invalidate = invalidate
        self._observe = observe
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connections to the emulator."""
        self._session = open_session()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Pass a request on, `Host` and signature as they are: the emulator checks both against the caller's role."""
        if self._session is None:
            raise RuntimeError("the proxy is not open: use it as a context manager")
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
                    self._tell_edge(created[1], body, answer, (time.perf_counter() - started) * 1000)
                handed_on = end_to_end(response.headers)
                handed_on.popall("Content-Length", None)
                return web.Response(status=response.status, headers=handed_on, body=answer)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="The emulator can't be reached.")

    def _tell_edge(self, distribution_id: str, body: bytes, answer: bytes, milliseconds: float) -> None:
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
            forgotten = f"the edge forgot {dropped} answers" if dropped else "the edge had nothing of it"
            line = f"invalidated {what} {shown}: {forgotten} ({invalidation_id})"
            self._observe(Step(number, line, milliseconds, details))


class _Builder(ET.TreeBuilder):
    """Builds a tree of a document that declares no type, and so no entities."""

    def doctype(self, name: str, pubid: str, system: str) -> None:
        """Refuse a document type."""
        raise ValueError(f"a document type {name} {pubid} {system}")


def _texts(document: bytes, name: str) -> list[str]:
    """Return the texts of all elements of a name, whatever their namespace; none if it is no plain XML."""
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 - bounded, and document types are refused
    try:
        parser.feed(document)
        root = parser.close()
    except (ET.ParseError, ValueError):
        return []
    return [element.text for element in root.iter() if element.tag.rpartition("}")[2] == name and element.text]
