"""Which parts of a viewer's request are in the cache key, and which are forwarded to the origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multidict import CIMultiDict
from werkzeug.http import parse_accept_header

from local.exchange import HOP_BY_HOP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from multidict import MultiMapping

    from local.cloudfront.behaviour import Behaviour, Selection
    from local.cloudfront.cache import Key
    from local.exchange import ViewerRequest

_NEVER_SELECTED = HOP_BY_HOP | {
    "accept-encoding",
    "content-length",
    "cookie",
    "expect",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "via",
    "x-amz-cf-id",
    "x-forwarded-for",
}
"""Headers with special rules: the edge fetches complete objects, and answers conditions and ranges itself."""


def cache_key(behaviour: Behaviour, request: ViewerRequest) -> Key:
    """Return a request's cache key: path, query, then what the cache policy adds."""
    selections = behaviour.key
    query = _select_query(request.query, [selections.query])
    if not (selections.headers or selections.cookies or behaviour.encodings):
        return (request.path, query)
    headers = (f"{name}: {value}" for name, value in _select_headers(request.headers, [selections.headers]))
    cookies = _select_cookies(request.headers, [selections.cookies])
    return (request.path, query, *sorted(headers), cookies, accepted_encodings(behaviour, request.headers))


def origin_query(behaviour: Behaviour, request: ViewerRequest) -> str:
    """Return the query that is sent to the origin."""
    return _select_query(request.query, [behaviour.key.query, behaviour.forwarded.query])


def origin_headers(behaviour: Behaviour, request: ViewerRequest) -> CIMultiDict[str]:
    """Return the headers sent to the origin: those that the policies select, CloudFront's, and the custom ones."""
    selections = [behaviour.key.headers, behaviour.forwarded.headers]
    headers = CIMultiDict({"Host": behaviour.origin.domain_name, "User-Agent": "Amazon CloudFront"})
    for name in {name.lower() for name, _ in _select_headers(request.headers, selections)}:
        headers.popall(name, None)
        headers.extend((name, value) for value in request.headers.getall(name))
    if cookies := _select_cookies(request.headers, [behaviour.key.cookies, behaviour.forwarded.cookies]):
        headers["Cookie"] = cookies
    if encodings := accepted_encodings(behaviour, request.headers):
        headers["Accept-Encoding"] = encodings
    hops = [*request.headers.getall("X-Forwarded-For", []), request.ip]
    headers["X-Forwarded-For"] = ", ".join(hops)
    for name, value in behaviour.origin.headers:
        headers[name] = value
    return headers


def accepted_encodings(behaviour: Behaviour, headers: MultiMapping[str]) -> str:
    """Return the normalized `Accept-Encoding`: the encodings that the cache policy enables."""
    if not behaviour.encodings:
        return ""
    accepted = {coding.lower() for coding, quality in parse_accept_header(headers.get("Accept-Encoding")) if quality}
    return ",".join(encoding for encoding in behaviour.encodings if encoding in accepted)


def forwards_cookies(behaviour: Behaviour) -> bool:
    """Tell whether cookies are forwarded to the origin; if not, its `Set-Cookie` is removed."""
    return bool(behaviour.key.cookies) or bool(behaviour.forwarded.cookies)


def _select_headers(headers: MultiMapping[str], selections: Sequence[Selection]) -> Iterator[tuple[str, str]]:
    if not any(selections):
        return
    for name, value in headers.items():
        lower = name.lower()
        if lower not in _NEVER_SELECTED and any(lower in selection for selection in selections):
            yield lower, value


def _select_query(query: str, selections: Sequence[Selection]) -> str:
    if not query or not any(selections):
        return ""
    pairs = query.split("&")
    return "&".join(p for p in pairs if any(p.partition("=")[0] in selection for selection in selections))


def _select_cookies(headers: MultiMapping[str], selections: Sequence[Selection]) -> str:
    if not any(selections):
        return ""
    cookies = (cookie.strip() for header in headers.getall("Cookie", []) for cookie in header.split(";"))
    return "; ".join(c for c in cookies if c and any(c.partition("=")[0] in selection for selection in selections))
