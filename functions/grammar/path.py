"""Paths of derivatives, `{transform}/{key}`, and the keys that an original can have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import MalformedTransform, OriginalNotFound, quote
from .ladder import NO_LADDER
from .text import read_text
from .transform import is_transform, looks_like_transform, parse_transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ladder import Ladder
    from .transform import Transform

MAX_KEY_BYTES = 800
"""S3 allows keys of 1,024 bytes; a derivative's key is longer by a transform (at most 200 bytes) and a slash."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def parse_path(
    path: str, presets: Mapping[str, str] | None = None, ladder: Ladder = NO_LADDER
) -> tuple[Transform, str]:
    """Split the percent-decoded `path` behind `/resize/` into the transform and the original's key.

    Raises OriginalNotFound for a path without a transform and for a key that no original can have, and
    MalformedTransform for a transform that can't be parsed, a text that can't be drawn, and a second transform:
    derivatives are made of originals only.
    """
    segment, _, key = path.partition("/")
    if not looks_like_transform(segment):
        from .hints import suggest_path  # noqa: PLC0415 - not needed without an error, and a cold start counts

        hint = suggest_path(segment, key, presets or ())
        raise OriginalNotFound(f"{quote(segment)} is not a transform (expected something like 300x200){hint}")
    transform = parse_transform(segment, presets, ladder)
    if transform.text is not None:
        read_text(transform.text)
    first = _first_segment(key)
    if is_transform(first):
        raise MalformedTransform(first, "a path has one transform, followed by the original's key")
    reason = unservable(key)
    if reason:
        raise OriginalNotFound(f"no original can have this key: {reason}")
    return transform, key


def storage_key(transform: Transform, key: str) -> str:
    """Return the key under which the derivative is stored: its canonical path."""
    return f"{transform.canonical}/{key}"


def unservable(key: str) -> str | None:
    """Return the reason why no original can be served under this `key`, or None if one can."""
    first = _first_segment(key)
    reasons = {
        "it is empty": not key,
        f"it is longer than {MAX_KEY_BYTES} bytes": len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES,
        "it contains control characters or invalid Unicode": _UNPRINTABLE.search(key) is not None,
        "it ends with a slash, where a website serves an index document": key.endswith("/"),
        "it contains a segment '.' or '..', which browsers resolve": not {".", ".."}.isdisjoint(key.split("/")),
        "its first segment reads as a transform": is_transform(first),
        "its first segment is 'resize'": first == "resize",
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _first_segment(key: str) -> str:
    return key.partition("/")[0]
