"""S3's REST endpoint for readers without credentials of the account: it decides by the bucket's policy.

The emulator knows no service principals, and answers 404 for a missing key to every caller. So this endpoint verifies
the caller's signature, evaluates the policy, and then reads from the emulator as its root user. It stands for TLS.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, unquote_to_bytes
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web
from yarl import URL

from local.bucket.policy import BucketPolicy, Request, read_policy
from local.cloudfront.origin import open_session, raw_url
from local.exchange import RefusedError, end_to_end, read_target
from local.signature import Signer, is_signed_by, sign

if TYPE_CHECKING:
    from types import TracebackType

    from multidict import CIMultiDict

    from local.emulator.process import Emulator

GetBucketPolicy = Callable[[str], Awaitable[str | None]]
"""Bucket name -> its policy (JSON); None if there is none."""

MAXIMUM_KEY_BYTES: Final = 1024
"""S3's limit on keys (user guide, "Naming Amazon S3 objects")."""
POLICY_SECONDS: Final = 3.0
"""How long a policy is cached."""

_HOST: Final = re.compile(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_FORWARDED: Final = ("If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range")


@dataclass(frozen=True, slots=True)
class Caller:
    """The distribution: with whose signature it calls, and its ARN (aws:SourceArn)."""

    signer: Signer
    arn: str
    service: str = "cloudfront.amazonaws.com"


@dataclass(frozen=True, slots=True)
class _Visit:
    """A request for an object, with what is known of its caller. `context` are the values of condition keys."""

    method: str
    bucket: str
    key: str
    policy: BucketPolicy
    service: str
    headers: Mapping[str, str]
    context: dict[str, str] = field(default_factory=dict)

    def may(self, action: str) -> bool:
        arn = f"arn:aws:s3:::{self.bucket}"
        resource = arn if action == "s3:ListBucket" else f"{arn}/{self.key}"
        return self.policy.allows(Request(self.service, action, resource, self.context))


class BucketEndpoint:
    """The REST endpoint of every bucket of an emulator, for a distribution and for anonymous callers."""

    def __init__(self, emulator: Emulator, caller: Caller, get_bucket_policy: GetBucketPolicy) -> None:
        """Take the emulator, the only caller that can sign, and the source of policies."""
        self._s3 = URL(emulator.url)
        self._root = Signer(emulator.key, emulator.secret, emulator.region)
        self._caller = caller
        self._get_bucket_policy = get_bucket_policy
        self._known: dict[str, tuple[float, BucketPolicy]] = {}
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
        """Answer a request as S3 does: 403 for what the policy does not allow."""
        host = request.headers.get("Host", "").lower()
        match = _HOST.fullmatch(host)
        if match is None:
            return _refuse(HTTPStatus.NOT_FOUND, "NoSuchBucket")
        if request.method not in {"GET", "HEAD"}:
            return _refuse(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed")
        try:
            key = _read_key(request.raw_path)
        except RefusedError as refused:
            return _refuse(refused.status, "InvalidURI")
        try:
            policy = await self._policy(match[1])
            signed = is_signed_by(self._caller.signer, request.method, host, request.raw_path, request.headers)
            context = {"aws:securetransport": "true"} | ({"aws:sourcearn": self._caller.arn} if signed else {})
            if "Referer" in request.headers:
                context["aws:referer"] = request.headers["Referer"]
            service = self._caller.service if signed else ""
            return await self._read(_Visit(request.method, match[1], key, policy, service, request.headers, context))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable")

    async def _policy(self, bucket: str) -> BucketPolicy:
        until, policy = self._known.get(bucket, (0.0, BucketPolicy(())))
        if time.monotonic() >= until:
            text = await self._get_bucket_policy(bucket)
            policy = read_policy(text) if text else BucketPolicy(())
            self._known = {bucket: (time.monotonic() + POLICY_SECONDS, policy)}
        return policy

    async def _read(self, visit: _Visit) -> web.Response:
        if not visit.key:  # a request for the list of keys
            may_list = visit.may("s3:ListBucket")
            return _refuse(HTTPStatus.NOT_IMPLEMENTED if may_list else HTTPStatus.FORBIDDEN, "AccessDenied")
        if visit.policy.tags:
            visit.context.update(await self._tags(visit))
        if not visit.may("s3:GetObject"):
            return _refuse(HTTPStatus.FORBIDDEN, "AccessDenied")
        forwarded = {name: visit.headers[name] for name in _FORWARDED if name in visit.headers}
        status, headers, body = await self._ask(visit.method, visit, "", forwarded)
        if status == HTTPStatus.NOT_FOUND:
            hidden = not visit.may("s3:ListBucket")
            return _refuse(HTTPStatus.FORBIDDEN, "AccessDenied") if hidden else _refuse(status, "NoSuchKey")
        if visit.method != "HEAD":
            headers.popall("Content-Length", None)
        headers["Server"] = "AmazonS3"
        return web.Response(status=status, headers=headers, body=body or None)

    async def _tags(self, visit: _Visit) -> dict[str, str]:
        """Return the object's tags as condition keys; none for a missing object."""
        status, _, body = await self._ask("GET", visit, "?tagging", {})
        if status != HTTPStatus.OK:
            return {}
        tags = (
            {child.tag.rpartition("}")[2]: child.text or "" for child in tag}
            for tag in ET.fromstring(body).iter()  # noqa: S314 - written by the emulator
            if tag.tag.rpartition("}")[2] == "Tag"
        )
        return {f"s3:existingobjecttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}

    async def _ask(
        self, method: str, visit: _Visit, query: str, headers: Mapping[str, str]
    ) -> tuple[int, CIMultiDict[str], bytes]:
        if self._session is None:
            raise RuntimeError("the endpoint is not open: use it as a context manager")
        target = f"/{visit.bucket}/{quote(visit.key, safe='/~')}{query}"
        signed = {**headers, **sign(self._root, method, self._s3.authority, target)}
        url = raw_url(self._s3, target)
        async with self._session.request(method, url, headers=signed, allow_redirects=False) as response:
            return response.status, end_to_end(response.headers), await response.read()


def _read_key(raw: str) -> str:
    """Read the key from a raw target. Raise RefusedError for an invalid key."""
    path, _ = read_target(raw)
    try:
        key = unquote_to_bytes(path[1:]).decode()
    except UnicodeDecodeError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The key is not valid UTF-8.") from error
    relative = any(segment in {".", ".."} for segment in key.split("/"))  # the emulator might leave the bucket
    if len(key.encode()) > MAXIMUM_KEY_BYTES or re.search(r"[\x00-\x1f\x7f]", key) or relative:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The key is invalid.")
    return key


def _refuse(status: int, code: str) -> web.Response:
    """Return S3's error document."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
    return web.Response(status=status, text=text, content_type="application/xml", headers={"Server": "AmazonS3"})
