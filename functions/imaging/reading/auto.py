"""`format=auto` for browsers that support neither AVIF nor WebP: the edge has resolved it for all others."""

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
"""The formats that every browser shows, the preferred one for a photograph first."""


def resolve_auto(transform: Transform, data: bytes, limits: Limits, allowed: Collection[str]) -> Transform:
    """Replace `format=auto` by a format that every browser shows, among the `allowed` ones.

    The original's own if it is one of those, else GIF for an animation, PNG for transparency, else JPEG. Raises
    NotAllowed where none of the three is allowed, and what `imaging.reading.decoder.read_header` raises.
    """
    if transform.format != "auto":
        return transform
    name = next((name for name in _preferences(read_header(data, limits)) if name in allowed), None)
    if name is None:
        raise NotAllowed(f"f=auto needs one of {', '.join(SHOWN_EVERYWHERE)}, and none of them is allowed here")
    return replace(transform, format=name)


def _preferences(header: Header) -> list[str]:
    own = [header.format.name] if header.format.name in SHOWN_EVERYWHERE else []
    animated = ["gif"] if header.frames > 1 else []
    transparent = ["png"] if header.has_alpha else []
    return own + animated + transparent + list(SHOWN_EVERYWHERE)
