"""S3's website endpoint, which the emulator lacks: objects, error pages and redirects by the bucket's configuration.

The emulator decides whether an object may be read: requests to it are anonymous, with the viewer's `Referer`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote_to_bytes

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from local.cloudfront.origin import WithSession, raw_url
from local.exchange import RefusedError, check_headers, end_to_end, read_target
from local.website.pages import NO_BUCKET, NO_WEBSITE, error_page, redirect_page
from local.website.routing_rules import Redirect, WebsiteConfiguration, read_website

if TYPE_CHECKING:
    import contextlib

    from yarl import URL

GetBucketWebsite = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""Bucket name -> boto3's answer to `get_bucket_website`; None if the bucket or its configuration does not exist."""

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
    """A request to a website: its bucket, key and configuration."""

    request: web.BaseRequest
    bucket: str
    key: str
    website: WebsiteConfiguration


class Website(WithSession):
    """The website endpoint of every bucket of an emulator."""

    def __init__(self, s3: URL, get_bucket_website: GetBucketWebsite, cache_seconds: float = 3.0) -> None:
        """Take the emulator's address, and the source of configurations, which are cached for a few seconds."""
        super().__init__()
        self._s3 = s3
        self._get_bucket_website = get_bucket_website
        self._cache_seconds = cache_seconds
        self._known: dict[str, tuple[float, WebsiteConfiguration | None]] = {}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request as S3's website endpoint does."""
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
        """Try, in this order: redirect by key, object, redirect by error code, error document."""
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
        """Request an object anonymously; an error is returned with its status only."""
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
        """Return 403 instead of 404 if the caller may not list the bucket, as S3 does (and the emulator does not)."""
        listing = f"/{visit.bucket}?list-type=2&max-keys=0&prefix={quote(key, safe='')}"
        async with self._request("GET", listing, _referer(visit)) as response:
            await response.read()
            return HTTPStatus.FORBIDDEN if response.status == HTTPStatus.FORBIDDEN else HTTPStatus.NOT_FOUND

    async def _is_folder(self, visit: _Visit) -> bool:
        """Tell whether a key without an object is a folder with an index document."""
        if not visit.website.index or not visit.key or visit.key.endswith("/"):
            return False
        path = f"/{visit.bucket}/{quote(f'{visit.key}/{visit.website.index}')}"
        async with self._request("HEAD", path, _referer(visit)) as response:
            return response.status == HTTPStatus.OK

    async def _error(self, visit: _Visit, status: int, key: str) -> web.Response:
        """Return the configured error document, or S3's default page."""
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
        return self._session.request(method, raw_url(self._s3, target), headers=headers, allow_redirects=False)


def _folder_path(key: str) -> str:
    """Return a key's path with a trailing slash; a leading slash is escaped, because `//` would start a host name."""
    path = quote(key)
    return f"/%2F{path[1:]}/" if path.startswith("/") else f"/{path}/"


def _referer(visit: _Visit) -> CIMultiDict[str]:
    return CIMultiDict((name, visit.request.headers[name]) for name in ("Referer",) if name in visit.request.headers)


def _read_key(raw: str) -> str:
    """Read the key from a raw target: `+` is a space, `%2B` a plus. Raise RefusedError for an invalid key."""
    path, _ = read_target(raw)
    try:
        key = unquote_to_bytes(path[1:].replace("+", " ")).decode()
    except UnicodeDecodeError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The key is not valid UTF-8.") from error
    if len(key.encode()) > MAXIMUM_KEY_BYTES or re.search(r"[\x00-\x1f\x7f]", key) or _leaves_bucket(key):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The key is invalid.")
    return key


def _leaves_bucket(key: str) -> bool:
    """Tell whether a key has a segment `.` or `..`, which the emulator might resolve into another bucket."""
    return any(segment in {".", ".."} for segment in key.split("/"))
