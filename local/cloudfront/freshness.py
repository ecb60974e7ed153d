"""How long an edge caches an answer: CloudFront's rules for minimum, default and maximum TTL, and for errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.http import parse_date, parse_dict_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multidict import MultiMapping

ERROR_MINIMUM: Final = 10.0
"""The error caching minimum TTL in seconds where a distribution does not set one."""

ERRORS_CACHED: Final = frozenset({404, 405, 414, 500, 501, 502, 503, 504})
ERRORS_CACHED_ON_DEMAND: Final = frozenset({400, 403, 412, 415})
"""Cached with `max-age` or `s-maxage` only (guide: "HTTP 4xx and 5xx status codes that CloudFront caches")."""

REDIRECTS_CACHED_ON_DEMAND: Final = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
"""Cached only with a `Cache-Control` (developer guide, "How CloudFront processes HTTP 3xx status codes")."""

_LONGEST: Final = 10**9
_NOT_SHARED: Final = frozenset({"no-cache", "no-store", "private"})
_NOT_STALE: Final = _NOT_SHARED | {"must-revalidate", "proxy-revalidate"}


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """A cache policy's TTLs in seconds."""

    minimum: float
    default: float
    maximum: float

    def clamp(self, seconds: float) -> float:
        """Limit a requested lifetime to the range from minimum to maximum."""
        return max(self.minimum, min(seconds, self.maximum))


def lifetime(
    status: int,
    headers: MultiMapping[str],
    lifetimes: Lifetimes,
    error_minimum: Mapping[int, float],
) -> float:
    """Return for how many seconds an answer may be cached; 0 for not at all.

    As in the developer guide, "Manage how long content stays in the cache (expiration)" and "Control how long
    CloudFront caches errors". A maximum of 0 (the managed policy CachingDisabled) disables caching, of errors as well.
    """
    if lifetimes.maximum <= 0:
        return 0.0
    directives = cache_control(headers)
    if status >= HTTPStatus.BAD_REQUEST:
        return _error_lifetime(status, headers, lifetimes, error_minimum.get(status, ERROR_MINIMUM))
    if status == HTTPStatus.PARTIAL_CONTENT or (
        status in REDIRECTS_CACHED_ON_DEMAND and "Cache-Control" not in headers
    ):
        return 0.0
    if _NOT_SHARED & directives.keys():
        return lifetimes.minimum
    requested = _requested(headers, directives)
    if requested is None:
        return max(lifetimes.minimum, lifetimes.default)
    return lifetimes.clamp(requested)


def _error_lifetime(status: int, headers: MultiMapping[str], lifetimes: Lifetimes, minimum: float) -> float:
    directives = cache_control(headers)
    requested = _requested(headers, directives)
    if status in ERRORS_CACHED_ON_DEMAND:
        if not {"max-age", "s-maxage"} & directives.keys():
            return 0.0
    elif status not in ERRORS_CACHED:
        return 0.0
    if requested is None or _NOT_SHARED & directives.keys():
        return minimum
    return max(minimum, min(requested, lifetimes.maximum))


def may_be_served_stale(headers: MultiMapping[str], seconds_too_old: float) -> bool:
    """Tell whether an expired answer may be served in place of an origin's error."""
    directives = cache_control(headers)
    if _NOT_STALE & directives.keys():
        return False
    allowed = _seconds(directives.get("stale-if-error"))
    return allowed is None or seconds_too_old <= allowed


def cache_control(headers: MultiMapping[str]) -> dict[str, str]:
    """Parse the `Cache-Control` headers into directives, in lower case; the first header with a name wins."""
    directives: dict[str, str] = {}
    for header in headers.getall("Cache-Control", []):
        for name, value in parse_dict_header(header).items():
            directives.setdefault(name.lower(), value or "")
    return directives


def _requested(headers: MultiMapping[str], directives: Mapping[str, str]) -> float | None:
    """Return the lifetime that the origin requests: `s-maxage`, else `max-age`, else `Expires`."""
    for name in ("s-maxage", "max-age"):
        seconds = _seconds(directives.get(name))
        if seconds is not None:
            return seconds
    expires = headers.get("Expires")
    if expires is None:
        return None
    until, now = parse_date(expires), parse_date(headers.get("Date")) or datetime.now(UTC)
    # RFC 9111, section 5.3: an invalid date, especially "0", means already expired.
    return max(0.0, (until - now).total_seconds()) if until is not None else 0.0


def _seconds(value: str | None) -> float | None:
    if value is None or not value.isascii() or not value.isdigit():
        return None
    return float(min(int(value[:10]), _LONGEST))
