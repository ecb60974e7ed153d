"""CloudFront Functions' event structure 1.0: conversion of requests and answers, in both directions."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from multidict import CIMultiDict

from local.exchange import Answer, ViewerRequest, read_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from multidict import MultiMapping

_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
_STATUSES: Final = range(200, 600)


def request_shape(request: ViewerRequest) -> dict[str, Any]:
    """Convert a request to event structure 1.0: nothing is decoded, header names are in lower case."""
    pairs = [pair.partition("=") for pair in request.query.split("&") if pair]
    cookies = (cookie.strip().partition("=") for h in request.headers.getall("Cookie", []) for cookie in h.split(";"))
    headers = ((name.lower(), value) for name, value in request.headers.items() if name.lower() != "cookie")
    return {
        "method": request.method,
        "uri": request.path,
        "querystring": _gather((name, value) for name, _, value in pairs),
        "headers": _gather(headers),
        "cookies": _gather((name, value) for name, _, value in cookies if name),
    }


def answer_shape(answer: Answer) -> dict[str, Any]:
    """Convert an answer to event structure 1.0; functions do not see its body."""
    cookies = [cookie.partition(";") for cookie in answer.headers.getall("Set-Cookie", [])]
    headers = ((name.lower(), value) for name, value in answer.headers.items() if name.lower() != "set-cookie")
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    return {
        "statusCode": answer.status,
        "statusDescription": phrase,
        "headers": _gather(headers),
        "cookies": {
            cookie.partition("=")[0]: {"value": cookie.partition("=")[2], "attributes": attributes.strip()}
            for cookie, _, attributes in cookies
        },
    }


def read_request(before: ViewerRequest, sent: Mapping[str, Any], result: Mapping[str, Any]) -> ViewerRequest:
    """Apply what a function may change: uri, querystring, headers and cookies, but not the method.

    `sent` is the structure that the function received. Raise RefusedError, ValueError, KeyError, TypeError or
    AttributeError for an invalid one.
    """
    path, extra = read_target(quote(result["uri"], safe=_PRINTABLE))
    if extra:
        raise ValueError("the uri contains a query string")
    query = before.query
    if result.get("querystring") != sent["querystring"]:
        pairs = _spread(result.get("querystring") or {})
        query = quote("&".join(f"{name}={value}" if value else name for name, value in pairs), safe=_PRINTABLE)
    headers: MultiMapping[str] = before.headers
    if any(result.get(part) != sent[part] for part in ("headers", "cookies")):
        changed = _headers(_spread(result.get("headers") or {}))
        if cookies := _spread(result.get("cookies") or {}):
            changed.extend(_headers([("Cookie", "; ".join(f"{name}={value}" for name, value in cookies))]))
        headers = changed
    return ViewerRequest(before.method, path, query, headers, before.ip, before.body)


def read_answer(result: Mapping[str, Any], body: bytes = b"") -> Answer:
    """Convert an answer of a function; `body` is used if it has none. Raise the errors of `read_request`."""
    status = int(result["statusCode"])
    if status not in _STATUSES:
        raise ValueError(f"status code {status}")
    headers = _headers(_spread(result.get("headers") or {}))
    for name, cookie in (result.get("cookies") or {}).items():
        attributes = cookie.get("attributes")
        text = f"{name}={cookie['value']}" + (f"; {attributes}" if attributes else "")
        headers.extend(_headers([("Set-Cookie", text)]))
    if "body" not in result:
        return Answer(status, headers, body)
    headers.popall("Content-Length", None)
    return Answer(status, headers, _read_body(result["body"]))


def _gather(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {
        name: {"value": several[0]}
        if len(several) == 1
        else {"value": several[0], "multiValue": [{"value": value} for value in several]}
        for name, several in values.items()
    }


def _spread(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Undo `_gather`; `value` is ignored where there is `multiValue`."""
    return [
        (name, str(single["value"]))
        for name, value in values.items()
        for single in (value.get("multiValue") or [value])
    ]


def _headers(pairs: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in pairs:
        if not (name + value).isprintable():
            raise ValueError(f"header {name!r} contains control characters")
        headers.add(name, value)
    return headers


def _read_body(body: str | Mapping[str, str]) -> bytes:
    if isinstance(body, str):
        return body.encode()
    data = body["data"]
    return base64.b64decode(data, validate=True) if body.get("encoding") == "base64" else data.encode()
