"""Cache-Control and Expires: the directives of an original's owner, and the headers of everything made of it.

The owner's directives are a canonical text, "" for none: `private, max-age=60`. They are part of the copy's metadata
and of the original's state (`cloud.provenance`). RFC 9111, section 5.2.2, lists the directives; `expires` stands for
the header Expires (section 5.3), in seconds since 1970.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeAlias

YEAR = 31_536_000
"""Seconds; CloudFront caches nothing for longer (MaxTTL of the cache policy)."""
LONGEST_HEADER = 2_048
"""Characters: S3's limit of system metadata, https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""

_FLAGS = ("private", "no-store", "no-cache", "must-revalidate", "proxy-revalidate", "no-transform", "immutable")
_AGES = ("max-age", "s-maxage")
_TIMES = (*_AGES, "expires")
_UNCACHED = {"no-store", "no-cache"}

_DIRECTIVE = re.compile(r'([^\s,;="]+)(?:\s*=\s*("[^"]*"|[^\s,;"]*))?')
"""A name and its value. Semicolons and spaces separate directives too, as some owners write them."""
_SECONDS = re.compile(r"(-?)0*([0-9]+)(?:\.[0-9]*)?")

Directives: TypeAlias = dict[str, int | None]
"""The directives; only those of `_TIMES` have a value, in seconds."""


def read_directives(header: str, expires: str = "") -> str:
    """Return the known directives of an owner's Cache-Control and Expires as canonical text, "" for none.

    The strictest of repeated directives counts. A time is cut to a year, a negative one is zero, an unreadable one is
    ignored. `public` is the default; `private="field"` and `no-cache="field"` count as the whole response. `max-age`
    overrides Expires; an Expires that is no date is in the past.
    """
    directives: Directives = {}
    for name, value in _DIRECTIVE.findall(header[:LONGEST_HEADER]):
        directive = name.lower()
        if directive in _FLAGS:
            directives[directive] = None
        elif directive in _AGES and (found := _SECONDS.fullmatch(value.strip('" '))):
            seconds = 0 if found[1] else min(int(found[2][:10]), YEAR)
            before = directives.get(directive)
            directives[directive] = seconds if before is None else min(seconds, before)
    if expires and "max-age" not in directives:
        directives["expires"] = _read_date(expires)
    if "max-age" in directives:
        directives.setdefault("s-maxage", directives["max-age"])
    return _spell(directives)


def _read_date(text: str) -> int:
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp()))
    except (ValueError, TypeError, OverflowError):
        return 0


def strictest(*texts: str) -> str:
    """Return the directives of something made of several originals, given the directives of each."""
    each = [_parse(text) for text in texts]
    merged: Directives = {}
    for directives in each:
        for name, seconds in directives.items():
            before = merged.get(name)
            merged[name] = seconds if seconds is None or before is None else min(seconds, before)
    if not all("immutable" in directives for directives in each):
        merged.pop("immutable", None)
    if "expires" in merged and merged.keys() & set(_AGES) and len(set(texts)) > 1:
        merged["no-cache"] = None  # a header can't have both limits
    return _spell(merged)


def for_storage(text: str, browser_seconds: int, edge_seconds: int, *, immutable: bool = False) -> str:
    """Return the header of a stored object: the owner's directives, with the deployment's times where they have none.

    An edge can be purged, a browser's cache can't. `immutable` lets browsers cache for a year, unless the owner has
    set a time.
    """
    directives = _parse(text)
    if immutable and not directives.keys() & _TIMES:
        directives["immutable"], browser_seconds = None, YEAR
    return _write(directives, browser_seconds, edge_seconds)


def expiry(text: str) -> datetime | None:
    """Return the header Expires of a stored object, or None."""
    seconds = _parse(text).get("expires")
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def for_answer(text: str, seconds: int) -> str:
    """Return the header of an answer that may be cached for some `seconds` only, by browsers and the edge."""
    directives = _parse(text)
    left = max(0, (directives.get("expires") or 0) - int(time.time())) if "expires" in directives else seconds
    lowest = min([seconds, left, *(age for name in _AGES if (age := directives.get(name)) is not None)])
    return _write({name: None for name in directives if name not in (*_TIMES, "immutable")}, lowest, None)


def _write(directives: Directives, browser_seconds: int, edge_seconds: int | None) -> str:
    """Write a header. What is `private`, `no-store` or `no-cache` gets no time for shared caches."""
    flags = [name for name in _FLAGS if name in directives]
    if _UNCACHED & directives.keys():
        return ", ".join(name for name in flags if name != "immutable")
    defaults = (None, None) if "expires" in directives else (browser_seconds, edge_seconds)
    ages = {name: directives.get(name, default) for name, default in zip(_AGES, defaults, strict=True)}
    if "private" in directives:
        del ages["s-maxage"]
    visibility = flags.pop(0) if "private" in directives else "public"
    return ", ".join([visibility, *(f"{name}={age}" for name, age in ages.items() if age is not None), *flags])


def _parse(text: str) -> Directives:
    """Parse canonical text."""
    pairs = [part.partition("=") for part in text.split(", ") if part]
    return {name: int(value) if value else None for name, _, value in pairs}


def _spell(directives: Directives) -> str:
    flags = [name for name in _FLAGS if name in directives]
    return ", ".join([*flags, *(f"{name}={directives[name]}" for name in _TIMES if name in directives)])
