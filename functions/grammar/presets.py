"""Presets: transforms that a deployment names in its parameter `Presets`."""

from __future__ import annotations

from .errors import MalformedTransform
from .transform import parse_transform


def read_presets(text: str) -> dict[str, str]:
    """Read `name:transform` pairs, separated by semicolons, and return the transforms by name.

    Raises ValueError for a malformed transform, and for a name that is given twice: the edge function would take the
    first one, and this code the last.
    """
    presets: dict[str, str] = {}
    for pair in filter(None, text.split(";")):
        name, _, transform = pair.partition(":")
        if name in presets:
            raise ValueError(f"two presets are named {name!r}")
        presets[name] = transform
    for name, transform in presets.items():
        try:
            parse_transform(transform)
        except MalformedTransform as error:
            raise ValueError(f"preset {name!r} is malformed: {error.detail}") from error
    return presets
