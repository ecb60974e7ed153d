"""The resize function's settings, read from its environment variables."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud.environment import read_number
from grammar.ladder import Ladder
from grammar.path import unservable
from grammar.presets import read_presets
from grammar.signature import check_secret
from grammar.transform import parse_transform
from imaging.formats import FORMATS
from imaging.limits import Limits

if TYPE_CHECKING:
    from grammar.transform import Transform

MODES = ("any", "signed", "presets")
DELIVERIES = ("redirect", "private")
SIZE = re.compile(r"[1-9][0-9]*x([1-9][0-9]*)?|x[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of resources, what this deployment allows, and times in seconds."""

    destination_bucket: str
    table: str
    distribution: str
    allowed_dimensions: frozenset[str]
    allowed_types: frozenset[str]
    presets: dict[str, str]
    transforms: str
    """What is allowed: `any` transform, `signed` ones and presets, or `presets` only."""
    signing_keys: tuple[str, ...] = field(repr=False)
    """A signature by any of them is valid."""
    ladder: Ladder
    default_quality: int
    limits: Limits
    maximum_derivatives: int
    """Of one original; a derivative counts for `lifetime_days`. 0 is no limit."""
    lifetime_days: int
    serves_originals: bool
    watermark_prefix: str
    """Prefix of the watermarks' keys; "" if watermarks are not allowed."""
    has_redirects: bool
    """Whether the distribution caches redirects to this function (the template's Delivery=redirect)."""
    fallback_key: str
    """Key of the image in place of those whose original is missing; "" for none."""
    invalidation_budget: int
    browser_ttl: int
    edge_ttl: int

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the settings. Raises KeyError or ValueError, which stops the function from starting."""
        presets = read_presets(os.environ["PRESETS"])
        return cls(
            destination_bucket=os.environ["DESTINATION_BUCKET"],
            table=os.environ["TABLE_NAME"],
            distribution=os.environ["DISTRIBUTION_ID"],
            allowed_dimensions=_sizes(os.environ["ALLOWED_DIMENSIONS"]),
            allowed_types=_types(os.environ["ALLOWED_TYPES"]),
            presets=presets,
            transforms=_choice(os.environ["TRANSFORMS"], MODES),
            signing_keys=_signing_keys(os.environ["SIGNING_KEY"], os.environ["OTHER_SIGNING_KEY"]),
            ladder=_ladder(os.environ["SIZE_LADDER"], presets),
            default_quality=read_number("DEFAULT_QUALITY", 1, 100),
            limits=Limits(
                max_input_bytes=read_number("MAXIMUM_INPUT_BYTES", 1),
                max_input_pixels=read_number("MAXIMUM_INPUT_PIXELS", 1),
                max_output_pixels=read_number("MAXIMUM_OUTPUT_PIXELS", 1),
            ),
            maximum_derivatives=read_number("MAXIMUM_DERIVATIVES"),
            lifetime_days=read_number("DERIVATIVE_LIFETIME_DAYS", 1),
            serves_originals=os.environ["SERVE_ORIGINALS"] == "true",
            watermark_prefix=_prefix(os.environ["WATERMARK_PREFIX"]),
            has_redirects=_choice(os.environ["DELIVERY"], DELIVERIES) == "redirect",
            fallback_key=_key(os.environ["FALLBACK_KEY"]),
            invalidation_budget=read_number("INVALIDATION_BUDGET"),
            browser_ttl=read_number("BROWSER_TTL_SECONDS"),
            edge_ttl=read_number("EDGE_TTL_SECONDS"),
        )

    def watermark_key(self, transform: Transform) -> str:
        """Return the key of the transform's watermark, "" if it has none."""
        return "" if transform.watermark is None else self.watermark_prefix + transform.watermark


def _sizes(text: str) -> frozenset[str]:
    sizes = _listed(text)
    if wrong := [size for size in sizes if not SIZE.fullmatch(size)]:
        raise ValueError(f"{wrong[0]!r} is not a size such as 300x200, 300x or x200")
    return sizes


def _types(text: str) -> frozenset[str]:
    types = _listed(text)
    if unknown := types - {name for name, each in FORMATS.items() if each.written}:
        raise ValueError(f"{min(unknown)!r} is not an output format")
    return types


def _choice(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError(f"{text!r} is not one of {', '.join(allowed)}")
    return text


def _signing_keys(*texts: str) -> tuple[str, ...]:
    keys = tuple(filter(None, texts))
    for key in keys:
        check_secret(key)
    return keys


def _ladder(text: str, presets: dict[str, str]) -> Ladder:
    """Read sides in pixels, separated by commas. The sizes of presets are kept."""
    named = [parse_transform(preset) for preset in presets.values()]
    rungs = sorted(int(side) for side in _listed(text))
    return Ladder(tuple(rungs), frozenset((preset.width, preset.height) for preset in named))


def _prefix(text: str) -> str:
    """Return the prefix of the watermarks' keys. Raises ValueError for one that no original can have."""
    if text and (not text.endswith("/") or unservable(f"{text}x")):
        raise ValueError(f"no original can have the prefix {text!r}")
    return text


def _key(text: str) -> str:
    """Return the key of an original, or "". Raises ValueError for one that no original can have."""
    if text and (reason := unservable(text)):
        raise ValueError(f"no original can have the key {text!r}: {reason}")
    return text


def _listed(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))
