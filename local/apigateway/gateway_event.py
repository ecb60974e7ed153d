"""API Gateway's proxy format 1.0: requests as events for a function, and the function's answers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from multidict import CIMultiDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.apigateway.api import Api, Resource

REMAPPED = frozenset(
    [
        *("authorization", "connection", "content-length", "content-md5", "date", "expect", "host", "max-forwards"),
        *("proxy-authenticate", "server", "trailer", "user-agent", "www-authenticate"),
    ]
)
"""Headers that API Gateway sets itself; a function's values are renamed to `x-amzn-Remapped-*`."""
REMOVED = frozenset(["transfer-encoding", "te", "upgrade", "keep-alive", "proxy-connection"])
"""Headers that API Gateway removes from an answer: they belong to a connection."""


class MalformedAnswerError(Exception):
    """The function's answer is not in the proxy format (502)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request below its stage. `path` and `parameters` are percent-encoded, as received."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    source_ip: str
    id: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the client."""

    status: int
    headers: CIMultiDict[str]
    body: bytes


def build_event(api: Api, resource: Resource, request: Request) -> dict[str, Any]:
    """Return the event; every media type is binary, so bodies are base64."""
    now = time.time()
    query = parse_qsl(request.query, keep_blank_values=True)
    return {
        "resource": resource.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers) or None,
        "multiValueHeaders": _gather(request.headers) or None,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _gather(query) or None,
        "pathParameters": dict(request.parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": api.account,
            "apiId": api.id,
            "domainName": api.host,
            "domainPrefix": api.id,
            "extendedRequestId": uuid.uuid4().hex[:15],
            "httpMethod": request.method,
            "identity": {
                "sourceIp": request.source_ip,
                "userAgent": {name.lower(): value for name, value in request.headers}.get("user-agent"),
            },
            "path": f"/{api.stage}{request.path}",
            "protocol": "HTTP/1.1",
            "requestId": request.id,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "requestTimeEpoch": round(now * 1000),
            "resourceId": resource.id,
            "resourcePath": resource.path,
            "stage": api.stage,
        },
        "body": base64.b64encode(request.body).decode() if request.body else None,
        "isBase64Encoded": bool(request.body),
    }


def read_reply(payload: bytes) -> Reply:
    """Convert a function's JSON to an answer. Raises MalformedAnswerError."""
    try:
        answer = json.loads(payload)
        status = int(answer["statusCode"])
        body = answer.get("body") or ""
        content = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
        headers = _read_headers(answer.get("headers") or {}, answer.get("multiValueHeaders") or {})
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise MalformedAnswerError(f"{type(error).__name__}: {error}") from error
    if not 100 <= status <= 599:  # noqa: PLR2004 - HTTP's classes of status
        raise MalformedAnswerError(f"invalid status {status}")
    return Reply(status, headers, content)


def _read_headers(single: Mapping[str, Any], multiple: Mapping[str, list[Any]]) -> CIMultiDict[str]:
    """Merge both maps: a single value is added to `multiValueHeaders` of the same name, unless it is among them."""
    headers: CIMultiDict[str] = CIMultiDict()
    pairs = [(name, value) for name, values in multiple.items() for value in values]
    pairs += [(name, value) for name, value in single.items() if value not in multiple.get(name, [])]
    for name, value in pairs:
        text = _write_value(value)
        if any(character in name + text for character in "\r\n\0") or not name:
            raise MalformedAnswerError(f"header {name!r} contains a line break")
        if name.lower() not in REMOVED:
            headers.add(f"x-amzn-Remapped-{name}" if name.lower() in REMAPPED else name, text)
    return headers


def _write_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise MalformedAnswerError(f"a header's value is a {type(value).__name__}")


def _gather(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    gathered: dict[str, list[str]] = {}
    for name, value in pairs:
        gathered.setdefault(name, []).append(value)
    return gathered
