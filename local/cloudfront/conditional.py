"""Conditional and range requests, answered from a complete object: 304, 206 and 416 (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.http import parse_date

from local.exchange import Answer

if TYPE_CHECKING:
    from multidict import MultiMapping

    from local.exchange import ViewerRequest

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
"""Werkzeug's parser ignores `bytes=-0`, and takes a suffix longer than the object as out of range."""

_ENTITY_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')
"""Werkzeug's parser accepts tags without quotes."""


def satisfy(request: ViewerRequest, answer: Answer) -> Answer:
    """Return the answer, or the 304, 206 or 416 that the request's conditions make of a 200."""
    if answer.status != HTTPStatus.OK or request.method not in {"GET", "HEAD"}:
        return answer
    if _is_unchanged(request.headers, answer.headers):
        headers = answer.headers.copy()
        for name in ("Content-Length", "Content-Type", "Content-Encoding", "Content-Range"):
            headers.popall(name, None)
        return Answer(HTTPStatus.NOT_MODIFIED, headers, b"")
    value = request.headers.get("Range")
    if value and request.method == "GET" and _range_applies(request.headers.get("If-Range"), answer.headers):
        return _cut(value, answer)
    return answer


def _is_unchanged(conditions: MultiMapping[str], headers: MultiMapping[str]) -> bool:
    none_match = ", ".join(conditions.getall("If-None-Match", []))
    if none_match:
        current = _ENTITY_TAG.match(headers.get("ETag", ""))
        return none_match.strip() == "*" or (current is not None and current[1] in _ENTITY_TAG.findall(none_match))
    since, modified = parse_date(conditions.get("If-Modified-Since")), parse_date(headers.get("Last-Modified"))
    return since is not None and modified is not None and modified <= since


def _range_applies(condition: str | None, headers: MultiMapping[str]) -> bool:
    if condition is None:
        return True
    if condition.startswith('"'):
        return condition == headers.get("ETag")
    date = parse_date(condition)
    return date is not None and date == parse_date(headers.get("Last-Modified"))


def _cut(value: str, answer: Answer) -> Answer:
    """Cut one range out of an answer; several ranges and unreadable ones are ignored, as the RFC allows."""
    match = _RANGE.fullmatch(value.strip())
    if match is None or not (match[1] or match[2]):
        return answer
    total = len(answer.body)
    first, last = match[1], match[2]
    start = int(first) if first else max(0, total - int(last))
    end = min(int(last), total - 1) if first and last else total - 1
    if first and last and int(last) < int(first):
        return answer
    headers = answer.headers.copy()
    headers.popall("Content-Length", None)
    if start >= total:
        headers["Content-Range"] = f"bytes */{total}"
        return Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers, b"")
    headers["Content-Range"] = f"bytes {start}-{end}/{total}"
    return Answer(HTTPStatus.PARTIAL_CONTENT, headers, answer.body[start : end + 1])
