"""CloudFront's data plane for one deployed distribution: from a viewer's request to its answer.

It implements behaviours, signatures, policies, functions, error caching, cache tags and invalidations as deployed. It
does not implement the viewer protocol policy, geo restriction, the web ACL, compression and CloudFront's own request
headers (such as CloudFront-Viewer-Country): a local viewer has no TLS and no country.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from local.cloudfront.behaviour import Behaviour, choose
from local.cloudfront.conditional import satisfy
from local.cloudfront.distribution import Distribution, read_behaviours
from local.cloudfront.edge_steps import StepReporter
from local.cloudfront.headers_policy import apply_policy
from local.cloudfront.lookup import Found, Lookup, Rules, XCache
from local.cloudfront.private_content import DeniedError, verify_request
from local.cloudfront.viewer_function import FunctionError, InvalidResultError, ViewerFunction
from local.exchange import Answer, RefusedError, ViewerRequest, error_answer, read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from yarl import URL

    from local.signature import Signer
    from local.steps import Observer

CACHE_BYTES: Final = 256 * 1024 * 1024
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"})
_READING: Final = frozenset({"GET", "HEAD"})
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_ABSOLUTE: Final = re.compile(r"https?://([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)


class Edge:
    """One edge location of one distribution."""

    def __init__(
        self,
        distribution: Distribution,
        resolve_origin: Callable[[str], URL],
        observe: Observer,
        cache_bytes: int = CACHE_BYTES,
        signer: Signer | None = None,
    ) -> None:
        """Read the distribution. `resolve_origin` gives the local server's address for an origin's domain name.

        `signer` signs requests to origins that have an origin access control.

        Raise ValueError for settings that are not implemented, FunctionError for a function that can't be parsed.
        """
        self._distribution = distribution
        self._behaviours = read_behaviours(distribution)
        self._functions = {
            arn: ViewerFunction(distribution.functions[arn], distribution.id, distribution.domain_name)
            for arn in {arn for b in self._behaviours for arn in (b.on_request, b.on_response) if arn}
        }
        self._root = str(distribution.config.get("DefaultRootObject") or "").lstrip("/")
        self._via = f"1.1 {distribution.id.lower()}.cloudfront.net (CloudFront)"
        rules = Rules(distribution.error_minimum, distribution.tag_header, resolve_origin, signer)
        self._lookup = Lookup(rules, cache_bytes)
        self._observe = observe

    async def __aenter__(self) -> Self:
        """Return the edge itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel pending fetches, and close the connections to the origins."""
        await self._lookup.close()

    def invalidate(self, items: Sequence[str]) -> int:
        """Drop the answers named by paths, paths with a trailing `*` and `#tags`; return their number.

        An answer that is being fetched meanwhile is stored: real edges may do so.
        """
        return self._lookup.cache.invalidate(items)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a viewer's request."""
        request_id = secrets.token_urlsafe(42)
        try:
            viewer = read_request(request)
            behaviour = choose(self._behaviours, viewer.path)
            _check(behaviour, request)
            if behaviour.signers is not None:
                viewer = verify_request(behaviour.signers, viewer, request.scheme)
        except RefusedError as refused:
            found = Found(error_answer(refused.status, str(refused)), XCache.ERROR)
            return self._respond(request, found, None, request_id)
        except DeniedError as denied:
            return self._respond(request, Found(denied.answer(), XCache.ERROR), None, request_id)
        if request.method not in _READING:
            viewer = replace(viewer, body=await request.read())
        reporter = StepReporter(self._observe, behaviour.origin.kind, viewer, request_id)
        reporter.report_arrival()
        try:
            found = await self._find(behaviour, viewer, reporter, request_id)
        except FunctionError as error:
            found = Found(error_answer(HTTPStatus.SERVICE_UNAVAILABLE, str(error)), XCache.FUNCTION_ERROR)
        except InvalidResultError as error:
            found = Found(error_answer(HTTPStatus.BAD_GATEWAY, str(error)), XCache.FUNCTION_INVALID)
        response = self._respond(request, found, behaviour, request_id)
        if found.age is None:
            reporter.report_delivery(found.answer, found.x_cache)
        return response

    async def _find(
        self, behaviour: Behaviour, viewer: ViewerRequest, reporter: StepReporter, request_id: str
    ) -> Found:
        """Run the function on requests, look the answer up, and run the function on responses.

        The second function does not see errors (developer guide, "Restrictions on all edge functions"), nor answers of
        the first one.
        """
        if behaviour.on_request:
            passed = self._functions[behaviour.on_request].on_request(viewer, request_id)
            if isinstance(passed, Answer):
                return Found(passed, XCache.GENERATED)
            viewer = passed
        if viewer.path == "/" and self._root:
            viewer = replace(viewer, path=f"/{self._root}")
        if viewer.method in _READING:
            found = await self._lookup.find(behaviour, viewer, reporter)
        else:
            found = await self._lookup.forward(behaviour, viewer, reporter)
        answer = satisfy(viewer, found.answer)
        if behaviour.on_response and answer.status < HTTPStatus.BAD_REQUEST:
            answer = self._functions[behaviour.on_response].on_response(viewer, answer, request_id)
        return replace(found, answer=answer)

    def _respond(
        self, request: web.BaseRequest, found: Found, behaviour: Behaviour | None, request_id: str
    ) -> web.Response:
        """Add the headers that CloudFront adds to an answer."""
        headers = found.answer.headers.copy()
        if behaviour is not None and behaviour.headers_policy is not None:
            apply_policy(behaviour.headers_policy, request.headers, headers)
        headers.setdefault("Server", "CloudFront")
        headers["X-Cache"] = found.x_cache
        headers["Via"] = ", ".join([*headers.getall("Via", []), self._via])
        headers["X-Amz-Cf-Id"] = request_id
        headers.popall("Age", None)
        if found.age is not None:
            headers["Age"] = str(int(found.age))
        if "Location" in headers:
            headers["Location"] = self._localize(headers["Location"], request.headers.get("Host", ""))
        return web.Response(status=found.answer.status, headers=headers, body=found.answer.body or None)

    def _localize(self, location: str, viewer_host: str) -> str:
        """Rewrite a redirect to the distribution's own name to this edge, in place of DNS."""
        match = _ABSOLUTE.fullmatch(location)
        if match is None or match[1].lower() not in self._distribution.hosts or not _HOST.fullmatch(viewer_host):
            return location
        return f"http://{viewer_host}{match[2]}"


def _check(behaviour: Behaviour, request: web.BaseRequest) -> None:
    """Raise RefusedError for a request that CloudFront rejects before anything else."""
    if request.method not in _METHODS:
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "CloudFront does not support this method.")
    if request.method not in behaviour.methods:
        raise RefusedError(HTTPStatus.FORBIDDEN, "This distribution is not configured to allow this HTTP method.")
    if "Expect" in request.headers:
        raise RefusedError(HTTPStatus.EXPECTATION_FAILED, "The Expect header is not supported.")
    if request.method in _READING and request.can_read_body:
        raise RefusedError(HTTPStatus.FORBIDDEN, "A GET or HEAD request must not have a body.")
