"""Watermarks: images of the deployment's that are drawn over others, and as untrusted as any original."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grammar.errors import TranscodingError
from grammar.transform import Transform
from imaging.errors import NotAnImage, TooLarge, UnusableWatermark
from imaging.reading.decoder import decode
from imaging.steps.colour import to_srgb
from imaging.steps.orientation import orient

if TYPE_CHECKING:
    from PIL.Image import Image

    from imaging.limits import Limits

MAX_BYTES = 5_000_000
MAX_PIXELS = 4_000_000
"""It takes 16 MB of memory in addition to the image. That is enough for a fifth of the widest result."""

_UNCHANGED = Transform(format="png", animate=False)
"""PNG supports every mode that a watermark may have; nothing is encoded."""

_REASONS: dict[type[TranscodingError], str] = {
    NotAnImage: "it is not an image of a supported format",
    TooLarge: f"it has more than {MAX_PIXELS:,} pixels, or more than the deployment's limit",
}


def check_watermark_bytes(name: str, count: int) -> None:
    """Raise UnusableWatermark for more than `MAX_BYTES` bytes."""
    if count > MAX_BYTES:
        raise UnusableWatermark(name, f"it has {count:,} bytes (the maximum is {MAX_BYTES:,})")


def open_watermark(data: bytes, name: str, limits: Limits) -> Image:
    """Decode a watermark, of an animation the first frame: upright, in sRGB, of mode L, LA, RGB or RGBA.

    Raises UnusableWatermark with the `name`, and nothing else.
    """
    check_watermark_bytes(name, len(data))
    pixels = min(limits.max_input_pixels, MAX_PIXELS)
    try:
        picture = decode(data, _UNCHANGED, replace(limits, max_input_pixels=pixels, max_output_pixels=pixels))
    except TranscodingError as error:
        raise UnusableWatermark(name, _REASONS.get(type(error), "it is damaged")) from error
    return to_srgb(orient(picture, _UNCHANGED), _UNCHANGED).frames[0].image
