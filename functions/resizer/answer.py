"""Responses to API Gateway: an image, or problem details (RFC 9457)."""

from __future__ import annotations

import base64
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cloud.cache_control import for_answer
from cloud.edge import path_of
from grammar.errors import MalformedTransform, TranscodingError
from imaging.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resizer.derivation import Derivative

RESPONSE_LIMIT = 6_291_556
"""Bytes of JSON that Lambda returns: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (6 MB)."""
ROOM_FOR_HEADERS = 8_192
LARGEST_BODY = (RESPONSE_LIMIT - ROOM_FOR_HEADERS) // 4 * 3
"""Bytes of an image that fit into the response as base64: about 4.7 MB."""

EDGE_SECONDS = 60
"""How long a response of this function may be cached: one location requests a popular image only once."""

MISSING_SECONDS = 10
"""How long the image in place of a missing one may be cached; the edge does so (ErrorCachingMinTTL)."""

Answer = dict[str, Any]


def image(derivative: Derivative, server_timing: str, caching: str) -> Answer:
    """Return the image with `caching` as its Cache-Control, or a redirect to its stored copy if it is too large.

    Raises Unavailable if it was stored more than `EDGE_SECONDS` ago: then the bucket did not serve the stored copy, and
    a redirect would loop.
    """
    headers = {
        "ETag": derivative.etag,
        "Server-Timing": server_timing,
    }
    if not fits(derivative):
        if derivative.age > EDGE_SECONDS:
            raise Unavailable("the image is stored, but the bucket does not serve it", retry_after=EDGE_SECONDS)
        return _answer(HTTPStatus.FOUND, headers | {"Location": path_of(derivative.key), "Cache-Control": "no-store"})
    headers |= {
        "Content-Type": derivative.content_type,
        "Cache-Control": caching,
        "x-amz-meta-cache-tag": derivative.tags,
    }
    if derivative.disposition:
        headers["Content-Disposition"] = derivative.disposition
    return _answer(HTTPStatus.OK, headers) | _body(derivative)


def fits(derivative: Derivative) -> bool:
    """Return whether an image fits into Lambda's response."""
    return len(derivative.body) <= LARGEST_BODY


def missing(fallback: Derivative, server_timing: str) -> Answer:
    """Return the image in place of a missing one, with status 404."""
    headers = {
        "Content-Type": fallback.content_type,
        "Cache-Control": for_answer("", MISSING_SECONDS),
        "Server-Timing": server_timing,
        "x-amz-meta-cache-tag": fallback.tags,
    }
    return _answer(HTTPStatus.NOT_FOUND, headers) | _body(fallback)


def _body(derivative: Derivative) -> Answer:
    return {"body": base64.b64encode(derivative.body).decode(), "isBase64Encoded": True}


def problem(error: TranscodingError, request_id: str) -> Answer:
    """Return a refused request's problem details, with its id in the log, and Retry-After if a retry may succeed."""
    details: dict[str, object] = {"detail": error.detail, "request_id": request_id}
    headers: dict[str, str] = {}
    if isinstance(error, MalformedTransform):
        details["part"] = error.part
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    return _details(
        HTTPStatus(error.status), {"type": f"urn:problem-type:{name}", "title": error.title} | details, headers
    )


def internal_error(request_id: str) -> Answer:
    """Return a 500 with nothing but the request's id in the log."""
    title = "The image could not be made"
    return _details(
        HTTPStatus.INTERNAL_SERVER_ERROR, {"type": "about:blank", "title": title, "request_id": request_id}, {}
    )


def _details(status: HTTPStatus, members: Mapping[str, object], headers: dict[str, str]) -> Answer:
    headers = headers | {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    return _answer(status, headers) | {"body": json.dumps({**members, "status": status.value})}


def _answer(status: HTTPStatus, headers: dict[str, str]) -> Answer:
    return {
        "statusCode": status.value,
        "headers": headers | {"X-Content-Type-Options": "nosniff"},
        "body": "",
        "isBase64Encoded": False,
    }
