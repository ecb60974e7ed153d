"""What `format=auto` is for a browser that shows neither AVIF nor WebP; the edge resolved it for all others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imaging.errors import NotAllowed
from imaging.reading.decoder import read_header

if TYPE_CHECKING:
    from collections.abc import Collection

    from grammar.transform import Transform
    from imaging.layout.plan import Header
    from imaging.limits import Limits

SHOWN_EVERYWHERE = ("jpeg", "png", "gif")
"""What every browser shows, the one preferred for a still photograph first."""


def resolve_auto(transform: Transform, data: bytes, limits: Limits, allowed: Collection[str]) -> Transform:
    """Replace `format=auto` by a format that every browser shows, among the `allowed` ones.

    The original's own if it is one of those, else GIF if it moves, PNG if it has alpha, else JPEG. Raises NotAllowed
    where the deployment makes none of the three, and what `imaging.reading.decoder.read_header` raises.
    """
    if transform.format != "auto":
        return transform
    name = next((name for name in _preferences(read_header(data, limits)) if name in allowed), None)
    if name is None:
        raise NotAllowed("none of the types that are made here is shown by every browser")
    return replace(transform, format=name)


def _preferences(header: Header) -> list[str]:
    own = [header.format.name] if header.format.name in SHOWN_EVERYWHERE else []
    moving = ["gif"] if header.frames > 1 else []
    transparent = ["png"] if header.has_alpha else []
    return own + moving + transparent + list(SHOWN_EVERYWHERE)
