"""S3's website endpoint, which no emulator has: objects, error pages and redirects as the bucket's configuration says.

Whether an object may be read is the emulator's decision: it is asked anonymously, with the viewer's `Referer`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote, unquote_to_bytes

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from local.cloudfront.origin import open_session, raw_url
from local.exchange import RefusedError, check_headers, end_to_end, read_target
from local.website.pages import NO_BUCKET, NO_WEBSITE, error_page, redirect_page
from local.website.routing_rules import Redirect, WebsiteConfiguration, read_website

if TYPE_CHECKING:
    import contextlib
    from types import TracebackType

    from yarl import URL

GetBucketWebsite = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""Bucket name -> boto3's answer to `get_bucket_website`; None where the bucket or its configuration is missing."""

MAXIMUM_KEY_BYTES: Final = 1024
"""S3's limit on keys (user guide, "Naming Amazon S3 objects")."""

_HOST: Final = re.compile(
    r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3-website[.-][a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?::\d+)?"
)
_REQUEST_HEADERS: Final = (
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Range",
    "Referer",
    "User-Agent",
)
_RESPONSE_HEADERS: Final = re.compile(
    r"accept-ranges|cache-control|content-.*|etag|expires|last-modified|x-amz-(?:meta-.*|request-id|id-2|version-id)",
)
_KNOWN_BUCKETS: Final = 256


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request that is meant for a website: whose, and for which key."""

    request: web.BaseRequest
    bucket: str
    key: str
    website: WebsiteConfiguration


class Website:
    """The website endpoint of every bucket of an emulator."""

    def __init__(self, s3: URL, get_bucket_website: GetBucketWebsite, cache_seconds: float = 3.0) -> None:
        """Take the emulator's address, and how to learn a bucket's configuration, which is kept for a few seconds."""
        self._s3 = s3
        self._get_bucket_website = get_bucket_website
        self._cache_seconds = cache_seconds
        self._known: dict[str, tuple[float, WebsiteConfiguration | None]] = {}
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
        """Answer a request as S3's website endpoint would."""
        match = _HOST.fullmatch(request.headers.get("Host", "").lower())
        if match is None:
            return error_page(HTTPStatus.NOT_FOUND, error=NO_BUCKET)
        if request.method not in {"GET", "HEAD"}:
            return error_page(HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            check_headers(request.headers)
            key = _read_key(request.raw_path)
        except RefusedError as refused:
            return error_page(refused.status)
        website = await self._configuration(match[1])
        if website is None:
            return error_page(HTTPStatus.NOT_FOUND, error=NO_WEBSITE)
        try:
            return await self._visit(_Visit(request, match[1], key, website))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return error_page(HTTPStatus.SERVICE_UNAVAILABLE)

    async def _configuration(self, bucket: str) -> WebsiteConfiguration | None:
        until, known = self._known.get(bucket, (0.0, None))
        if time.monotonic() < until:
            return known
        answer = await self._get_bucket_website(bucket)
        website = None if answer is None else read_website(answer)
        if len(self._known) >= _KNOWN_BUCKETS:
            self._known.clear()
        self._known[bucket] = (time.monotonic() + self._cache_seconds, website)
        return website

    async def _visit(self, visit: _Visit) -> web.StreamResponse:
        """Redirect before the lookup, look up, redirect for its error, or show the error, in this order."""
        host = visit.request.headers["Host"]
        if early := visit.website.redirect(visit.key, None, host):
            return redirect_page(early)
        index = visit.website.index
        key = visit.key + index if index and (not visit.key or visit.key.endswith("/")) else visit.key
        found = await self._ask(visit, visit.request.method, key)
        if found.status < HTTPStatus.BAD_REQUEST:
            return found
        status = found.status
        if status == HTTPStatus.NOT_FOUND:
            status, is_folder = await asyncio.gather(self._status_of_missing(visit, key), self._is_folder(visit))
            if is_folder:
                return redirect_page(Redirect(HTTPStatus.FOUND, _folder_path(visit.key)))
        if late := visit.website.redirect(visit.key, status, host):
            return redirect_page(late)
        return await self._error(visit, status, key)

    async def _ask(self, visit: _Visit, method: str, key: str) -> web.Response:
        """Ask for an object, anonymously; an error comes back with its status alone."""
        headers_sent = CIMultiDict(
            (name, value) for name in _REQUEST_HEADERS for value in visit.request.headers.getall(name, [])
        )
        async with self._request(method, f"/{visit.bucket}/{quote(key)}", headers_sent) as response:
            body = await response.read()
            headers = CIMultiDict(
                (n, v) for n, v in end_to_end(response.headers).items() if _RESPONSE_HEADERS.fullmatch(n.lower())
            )
            if method != "HEAD":
                headers.popall("Content-Length", None)
            headers["Server"] = "AmazonS3"
            target = response.headers.get("x-amz-website-redirect-location")
            if target is not None and response.status < HTTPStatus.BAD_REQUEST:
                return redirect_page(Redirect(HTTPStatus.MOVED_PERMANENTLY, target))
            return web.Response(status=response.status, headers=headers, body=body or None)

    async def _status_of_missing(self, visit: _Visit, key: str) -> int:
        """Return 403 instead of 404 where the caller may not list the bucket, as S3 does and the emulator doesn't."""
        listing = f"/{visit.bucket}?list-type=2&max-keys=0&prefix={quote(key, safe='')}"
        async with self._request("GET", listing, _referer(visit)) as response:
            await response.read()
            return HTTPStatus.FORBIDDEN if response.status == HTTPStatus.FORBIDDEN else HTTPStatus.NOT_FOUND

    async def _is_folder(self, visit: _Visit) -> bool:
        """Tell whether a key without an object has an index document under it."""
        if not visit.website.index or not visit.key or visit.key.endswith("/"):
            return False
        path = f"/{visit.bucket}/{quote(f'{visit.key}/{visit.website.index}')}"
        async with self._request("HEAD", path, _referer(visit)) as response:
            return response.status == HTTPStatus.OK

    async def _error(self, visit: _Visit, status: int, key: str) -> web.Response:
        """Show the error document, if there is one, else S3's own page."""
        is_client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if visit.website.error and is_client_error:
            document = f"/{visit.bucket}/{quote(visit.website.error)}"
            async with self._request("GET", document, _referer(visit)) as response:
                body = await response.read()
                if response.status == HTTPStatus.OK:
                    kind = response.headers.get("Content-Type", "text/html")
                    headers = {"Content-Type": kind, "Server": "AmazonS3"}
                    return web.Response(status=status, headers=headers, body=body)
        return error_page(status, key)

    def _request(
        self, method: str, target: str, headers: CIMultiDict[str]
    ) -> contextlib.AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the website is not open: use it as a context manager")
        return self._session.request(method, raw_url(self._s3, target), headers=headers, allow_redirects=False)


def _folder_path(key: str) -> str:
    """Return a key's path with a slash behind; a slash before the key is encoded, or `//` would name another host."""
    path = quote(key)
    return f"/%2F{path[1:]}/" if path.startswith("/") else f"/{path}/"


def _referer(visit: _Visit) -> CIMultiDict[str]:
    return CIMultiDict((name, visit.request.headers[name]) for name in ("Referer",) if name in visit.request.headers)


def _read_key(raw: str) -> str:
    """Read the key out of a raw target: `+` is a space, `%2B` a plus. Raise RefusedError for what can be none."""
    path, _ = read_target(raw)
    try:
        key = unquote_to_bytes(path[1:].replace("+", " ")).decode()
    except UnicodeDecodeError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The key is no UTF-8.") from error
    if len(key.encode()) > MAXIMUM_KEY_BYTES or re.search(r"[\x00-\x1f\x7f]", key) or _leaves_bucket(key):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The key can't be one.")
    return key


def _leaves_bucket(key: str) -> bool:
    """Tell whether a key has `.` or `..` as a segment, which a server behind might resolve into another bucket."""
    return any(segment in {".", ".."} for segment in key.split("/"))
