"""Overlays: their place on the image, and how they are composited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imaging.layout.geometry import place_inside
from imaging.pixels import in_mode

if TYPE_CHECKING:
    from decimal import Decimal

    from PIL.Image import Image

    from imaging.layout.geometry import Size

_GRAY = ("L", "LA")


def inner_size(canvas: Size, margin: int) -> Size:
    """Return the size of a canvas without its margins; at least 1 pixel a side."""
    return max(1, canvas[0] - 2 * margin), max(1, canvas[1] - 2 * margin)


def measure_margin(canvas: Size, margin: Decimal) -> int:
    """Convert a margin, a fraction of the shorter side, to pixels; less than half of that side."""
    return min(round(min(canvas) * margin), (min(canvas) - 1) // 2)


def place(canvas: Size, size: Size, gravity: str | tuple[Decimal, Decimal], margin: int) -> tuple[int, int]:
    """Return the upper left corner of an overlay of that `size`, which is at most the inner size."""
    left, top = place_inside(inner_size(canvas, margin), size, gravity)
    return left + margin, top + margin


def composite(image: Image, layer: Image, at: tuple[int, int]) -> Image:
    """Return the image with a layer of mode LA or RGBA over it (Porter and Duff's "over"); the layer must fit.

    An image without alpha gets none, and a grey image stays grey under a grey layer.
    """
    if image.mode in ("RGBA", "LA"):
        changed = image.copy() if image.mode == "RGBA" else image.convert("RGBA")
        changed.alpha_composite(in_mode(layer, "RGBA"), at)
        return changed
    changed = image.copy() if layer.mode in _GRAY or image.mode not in _GRAY else image.convert("RGB")
    changed.paste(in_mode(layer, changed.mode), at, layer.getchannel("A"))
    return changed
