"""What lies over an image: where it goes, and how it is laid on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imaging.layout.geometry import place_inside
from imaging.pixels import in_mode

if TYPE_CHECKING:
    from decimal import Decimal

    from PIL.Image import Image

    from imaging.layout.geometry import Size

_GRAY = ("L", "LA")


def free_room(canvas: Size, margin: int) -> Size:
    """Return the size of what is left of a canvas between margins; at least 1 pixel a side."""
    return max(1, canvas[0] - 2 * margin), max(1, canvas[1] - 2 * margin)


def measure_margin(canvas: Size, margin: Decimal) -> int:
    """Return a margin in pixels that is given as a fraction of the shorter side, less than half of it."""
    return min(round(min(canvas) * margin), (min(canvas) - 1) // 2)


def place(canvas: Size, size: Size, gravity: str | tuple[Decimal, Decimal], margin: int) -> tuple[int, int]:
    """Return the upper left corner of something of that size, which is not larger than the free room."""
    left, top = place_inside(free_room(canvas, margin), size, gravity)
    return left + margin, top + margin


def lay(image: Image, layer: Image, at: tuple[int, int]) -> Image:
    """Return the image with a layer of mode LA or RGBA over it (Porter and Duff's "over"), which lies inside of it.

    What has no alpha gets none, and what is grey stays so under a grey layer.
    """
    if image.mode in ("RGBA", "LA"):
        changed = image.copy() if image.mode == "RGBA" else image.convert("RGBA")
        changed.alpha_composite(in_mode(layer, "RGBA"), at)
        return changed
    changed = image.copy() if layer.mode in _GRAY or image.mode not in _GRAY else image.convert("RGB")
    changed.paste(in_mode(layer, changed.mode), at, layer.getchannel("A"))
    return changed
