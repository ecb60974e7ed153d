"""Cache-Control: the directives of an original's owner, and the headers of everything that is made of the original.

The owner's directives are a canonical text, "" for none: `private, max-age=60`. They are part of the copy's metadata
and of the original's state (`cloud.provenance`). RFC 9111, section 5.2.2, lists the directives.
"""

from __future__ import annotations

import re
from typing import TypeAlias

YEAR = 31_536_000
"""Seconds; CloudFront caches nothing for longer (MaxTTL of the cache policy)."""
LONGEST_HEADER = 2_048
"""Characters: S3's limit of system metadata, https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""

_FLAGS = ("private", "no-store", "no-cache", "must-revalidate", "proxy-revalidate", "no-transform", "immutable")
_TIMES = ("max-age", "s-maxage")
_UNCACHED = {"no-store", "no-cache"}

_DIRECTIVE = re.compile(r'([^\s,;="]+)(?:\s*=\s*("[^"]*"|[^\s,;"]*))?')
"""A name and its value. Semicolons and spaces separate directives too, as some owners write them."""
_SECONDS = re.compile(r"(-?)0*([0-9]+)(?:\.[0-9]*)?")

Directives: TypeAlias = dict[str, int | None]
"""The directives; only `max-age` and `s-maxage` have a value, in seconds."""


def read_directives(header: str) -> str:
    """Return the known directives of an owner's header as canonical text, "" for none.

    The strictest of repeated directives counts. A time is cut to a year, a negative one is zero, an unreadable one is
    ignored. `public` is the default; `private="field"` and `no-cache="field"` count as the whole response.
    """
    directives: Directives = {}
    for name, value in _DIRECTIVE.findall(header[:LONGEST_HEADER]):
        directive = name.lower()
        if directive in _FLAGS:
            directives[directive] = None
        elif directive in _TIMES and (time := _SECONDS.fullmatch(value.strip('" '))):
            seconds = 0 if time[1] else min(int(time[2][:10]), YEAR)
            before = directives.get(directive)
            directives[directive] = seconds if before is None else min(seconds, before)
    if "max-age" in directives:
        directives.setdefault("s-maxage", directives["max-age"])
    return _spell(directives)


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


def for_answer(text: str, seconds: int) -> str:
    """Return the header of an answer that may be cached for some `seconds` only, by browsers and the edge."""
    directives = _parse(text)
    lowest = min([seconds, *(time for time in directives.values() if time is not None)])
    return _write({name: None for name in directives if name not in (*_TIMES, "immutable")}, lowest, None)


def _write(directives: Directives, browser_seconds: int, edge_seconds: int | None) -> str:
    """Write a header. What is `private`, `no-store` or `no-cache` gets no time for shared caches."""
    flags = [name for name in _FLAGS if name in directives]
    if _UNCACHED & directives.keys():
        return ", ".join(name for name in flags if name != "immutable")
    browser, edge = directives.get("max-age", browser_seconds), directives.get("s-maxage", edge_seconds)
    parts = [flags.pop(0) if "private" in directives else "public", f"max-age={browser}"]
    if "private" not in directives and edge is not None:
        parts.append(f"s-maxage={edge}")
    return ", ".join([*parts, *flags])


def _parse(text: str) -> Directives:
    """Parse canonical text."""
    pairs = [part.partition("=") for part in text.split(", ") if part]
    return {name: int(value) if value else None for name, _, value in pairs}


def _spell(directives: Directives) -> str:
    flags = [name for name in _FLAGS if name in directives]
    return ", ".join([*flags, *(f"{name}={directives[name]}" for name in _TIMES if name in directives)])
