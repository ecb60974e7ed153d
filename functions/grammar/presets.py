"""The transforms that a deployment has under a name, as its parameter `Presets` says them."""

from __future__ import annotations

from .errors import MalformedTransform
from .transform import parse_transform


def read_presets(text: str) -> dict[str, str]:
    """Read `name:transform` pairs, separated by semicolons, and return the transforms by name.

    Raises ValueError for a transform that is none, and for a name that stands for two: the edge would take the other.
    """
    pairs = [pair.partition(":") for pair in text.split(";") if pair]
    presets = {name: transform for name, _, transform in pairs}
    if len(presets) < len(pairs):
        raise ValueError("two presets have one name")
    for name, transform in presets.items():
        try:
            parse_transform(transform)
        except MalformedTransform as error:
            raise ValueError(f"the preset {name} is malformed: {error.detail}") from error
    return presets
