"""Cache-Control: what the owner of an original said, and the headers of everything that is made of it.

The owner's words are a canonical text, "" for none: `private, max-age=60`. They go into the metadata of the copy, and
so into the state of the original (`cloud.provenance`). RFC 9111, section 5.2.2, lists the directives.
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
"""A name and its value. Semicolons and spaces separate too: what the owner meant counts, not the punctuation."""
_SECONDS = re.compile(r"(-?)0*([0-9]+)(?:\.[0-9]*)?")

Words: TypeAlias = dict[str, int | None]
"""The directives; only `max-age` and `s-maxage` have a value, in seconds."""


def read_words(header: str) -> str:
    """Return what an owner's header says, as canonical text: "" if it says nothing that is understood.

    The strictest of repeated directives counts. A time is cut to a year, a negative one is zero, an unreadable one is
    ignored. `public` is the default; `private="field"` and `no-cache="field"` count as the whole response.
    """
    words: Words = {}
    for name, value in _DIRECTIVE.findall(header[:LONGEST_HEADER]):
        directive = name.lower()
        if directive in _FLAGS:
            words[directive] = None
        elif directive in _TIMES and (time := _SECONDS.fullmatch(value.strip('" '))):
            seconds = 0 if time[1] else min(int(time[2][:10]), YEAR)
            before = words.get(directive)
            words[directive] = seconds if before is None else min(seconds, before)
    if "max-age" in words:
        words.setdefault("s-maxage", words["max-age"])
    return _spell(words)


def strictest(*texts: str) -> str:
    """Return the words that hold for something made of several originals, each with its own words."""
    each = [_parse(text) for text in texts]
    merged: Words = {}
    for words in each:
        for name, seconds in words.items():
            before = merged.get(name)
            merged[name] = seconds if seconds is None or before is None else min(seconds, before)
    if not all("immutable" in words for words in each):
        merged.pop("immutable", None)
    return _spell(merged)


def for_storage(text: str, browser_seconds: int, edge_seconds: int, *, immutable: bool = False) -> str:
    """Return the header of a stored object: the owner's words, and the deployment's times where they say none.

    An edge can be purged, a browser's cache can't. `immutable` is a URL's wish to be cached for a year by browsers;
    an owner who said anything about times is not overruled.
    """
    words = _parse(text)
    if immutable and not words.keys() & _TIMES:
        words["immutable"], browser_seconds = None, YEAR
    return _write(words, browser_seconds, edge_seconds)


def for_answer(text: str, seconds: int) -> str:
    """Return the header of an answer that may be cached for some `seconds` only, by browsers and the edge."""
    words = _parse(text)
    lowest = min([seconds, *(time for time in words.values() if time is not None)])
    return _write({name: None for name in words if name not in (*_TIMES, "immutable")}, lowest, None)


def _write(words: Words, browser_seconds: int, edge_seconds: int | None) -> str:
    """Write a header. What is `private`, `no-store` or `no-cache` gets no time for shared caches."""
    flags = [name for name in _FLAGS if name in words]
    if _UNCACHED & words.keys():
        return ", ".join(name for name in flags if name != "immutable")
    browser, edge = words.get("max-age", browser_seconds), words.get("s-maxage", edge_seconds)
    parts = [flags.pop(0) if "private" in words else "public", f"max-age={browser}"]
    if "private" not in words and edge is not None:
        parts.append(f"s-maxage={edge}")
    return ", ".join([*parts, *flags])


def _parse(text: str) -> Words:
    """Parse canonical text."""
    pairs = [part.partition("=") for part in text.split(", ") if part]
    return {name: int(value) if value else None for name, _, value in pairs}


def _spell(words: Words) -> str:
    flags = [name for name in _FLAGS if name in words]
    return ", ".join([*flags, *(f"{name}={words[name]}" for name in _TIMES if name in words)])
