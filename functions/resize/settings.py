"""What the deployment tells the resize function by its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imaging.errors import MalformedTransform, NotAllowed
from imaging.limits import Limits
from imaging.path import unservable
from imaging.transform import parse_transform

if TYPE_CHECKING:
    from imaging.transform import Transform

EDGE_FORMATS = ("avif", "webp")
"""What the edge's function makes of `format=auto`, if not leave it."""

MAXIMUM_FRAMES = 1000
"""Frames of an animation that are decoded: half a minute of them at 30 a second, within the limit on pixels."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of resources, what may be made, and times in seconds."""

    destination_bucket: str
    table: str
    distribution: str
    allowed_dimensions: frozenset[str]
    allowed_types: frozenset[str]
    presets: dict[str, str]
    presets_only: bool
    default_quality: int
    limits: Limits
    maximum_derivatives: int
    """Of one original, for `lifetime_days` each; 0 is no limit."""
    lifetime_days: int
    watermark_prefix: str
    """What the watermarks' keys begin with; "" where there are none."""
    invalidation_budget: int
    browser_ttl: int
    edge_ttl: int

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the settings. Raises KeyError or ValueError, which stops the function from starting."""
        return cls(
            destination_bucket=os.environ["DESTINATION_BUCKET"],
            table=os.environ["TABLE_NAME"],
            distribution=os.environ["DISTRIBUTION_ID"],
            allowed_dimensions=_listed(os.environ["ALLOWED_DIMENSIONS"]),
            allowed_types=_listed(os.environ["ALLOWED_TYPES"]),
            presets=_presets(os.environ["PRESETS"]),
            presets_only=os.environ["PRESETS_ONLY"] == "true",
            default_quality=int(os.environ["DEFAULT_QUALITY"]),
            limits=Limits(
                max_input_bytes=int(os.environ["MAXIMUM_INPUT_BYTES"]),
                max_input_pixels=int(os.environ["MAXIMUM_INPUT_PIXELS"]),
                max_output_pixels=int(os.environ["MAXIMUM_OUTPUT_PIXELS"]),
                max_frames=MAXIMUM_FRAMES,
            ),
            maximum_derivatives=int(os.environ["MAXIMUM_DERIVATIVES"]),
            lifetime_days=int(os.environ["DERIVATIVE_LIFETIME_DAYS"]),
            watermark_prefix=_prefix(os.environ["WATERMARK_PREFIX"]),
            invalidation_budget=int(os.environ["INVALIDATION_BUDGET"]),
            browser_ttl=int(os.environ["BROWSER_TTL_SECONDS"]),
            edge_ttl=int(os.environ["EDGE_TTL_SECONDS"]),
        )

    def check_transform(self, transform: Transform) -> None:
        """Raise NotAllowed for what is no preset, where only those are made, or a size that is not made.

        No size at all is one of them. A description is allowed, unless only presets are.
        """
        if self.presets_only and replace(transform, version=None) not in self._preset_transforms():
            raise NotAllowed("only presets are made here")
        if transform.watermark is not None and not self.watermark_prefix:
            raise NotAllowed("this deployment has no watermarks")
        if transform.format == "json":
            return
        size = f"{transform.width or ''}x{transform.height or ''}"
        if self.allowed_dimensions and size not in self.allowed_dimensions:
            raise NotAllowed(f"the size {size} is not among those that are made here")

    def watermark_key(self, transform: Transform) -> str:
        """Return the key of the transform's watermark, "" where it has none."""
        return "" if transform.watermark is None else self.watermark_prefix + transform.watermark

    def _preset_transforms(self) -> set[Transform]:
        """Return what the presets stand for, also as the edge resolves `format=auto` in them."""
        named = [replace(parse_transform(text), version=None) for text in self.presets.values()]
        resolved = [
            replace(preset, format=name) for preset in named if preset.format == "auto" for name in EDGE_FORMATS
        ]
        return {*named, *resolved}

    def check_type(self, name: str) -> None:
        """Raise NotAllowed for an image type that this deployment does not make."""
        if name not in self.allowed_types:
            raise NotAllowed(f"the type {name} is not among those that are made here")


def _presets(text: str) -> dict[str, str]:
    """Read `name:transform` pairs, separated by semicolons. Raises ValueError for a transform that is none."""
    pairs = [pair.partition(":") for pair in text.split(";") if pair]
    presets = {name: transform for name, _, transform in pairs}
    for name, transform in presets.items():
        try:
            parse_transform(transform)
        except MalformedTransform as error:
            raise ValueError(f"the preset {name} is malformed: {error.detail}") from error
    return presets


def _prefix(text: str) -> str:
    """Check what the watermarks' keys begin with. Raises ValueError where no original can be."""
    if text and (not text.endswith("/") or unservable(f"{text}x")):
        raise ValueError(f"no original can be under the prefix {text!r}")
    return text


def _listed(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))
