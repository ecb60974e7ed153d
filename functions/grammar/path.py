"""Paths of derivatives: `{transform}/{key}`, and which keys can have any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .errors import MalformedTransform, OriginalNotFound, quote
from .ladder import NO_LADDER
from .text import read_text
from .transform import NO_PRESETS, Transform, looks_like_transform, parse_transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ladder import Ladder

MAX_KEY_BYTES = 800
"""S3 holds keys of 1,024 bytes; the derivative's is longer by a transform (at most 200) and a slash."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def parse_path(path: str, presets: Mapping[str, str] = NO_PRESETS, ladder: Ladder = NO_LADDER) -> tuple[Transform, str]:
    """Split the percent-decoded `path` behind `/resize/` into the transform and the original's key.

    Raises OriginalNotFound where no original can be, and MalformedTransform for a transform that can't be read, a text
    that can't be written, or a transform of a derivative: there are no derivatives of derivatives.
    """
    segment, _, key = path.partition("/")
    if not looks_like_transform(segment):
        raise OriginalNotFound(f"{quote(segment)} is no transform, as 300x200 would be")
    transform = parse_transform(segment, presets, ladder)
    if transform.text is not None:
        read_text(transform.text)
    first = _first_segment(key)
    if looks_like_transform(first):
        raise MalformedTransform(
            first, "the original's key begins with a transform, and derivatives have no derivatives"
        )
    reason = unservable(key)
    if reason:
        raise OriginalNotFound(f"no original has such a key: {reason}")
    return transform, key


def storage_key(transform: Transform, key: str) -> str:
    """Return the key under which the derivative is stored: its canonical path."""
    return f"{transform.canonical}/{key}"


def unservable(key: str) -> str | None:
    """Return why an original of this `key` could never be served, or None if it can."""
    first = _first_segment(key)
    reasons = {
        "it is empty": not key,
        f"it has more than {MAX_KEY_BYTES} bytes": len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES,
        "it contains control characters, or no Unicode text": _UNPRINTABLE.search(key) is not None,
        "it ends with a slash, where a website looks for an index document": key.endswith("/"),
        "it has a segment that browsers resolve": not {".", ".."}.isdisjoint(key.split("/")),
        "its first segment reads as a transform": looks_like_transform(first),
        "its first segment is 'resize'": first == "resize",
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _first_segment(key: str) -> str:
    return key.partition("/")[0]
