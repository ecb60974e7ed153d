"""Sizes and positions, in whole pixels as the viewer sees the image. No rounding but the one of `divide`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from imaging.transform import Transform

Size: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes.

    The whole image would be scaled to `scaled`, of which the part of size `inner` at `crop` is kept (only `cover`
    crops) and placed at `offset` on a canvas of size `canvas` (only `pad` leaves bars).
    """

    scaled: Size
    inner: Size
    canvas: Size
    crop: tuple[int, int] = (0, 0)
    offset: tuple[int, int] = (0, 0)

    def kept(self, source: Size) -> Box:
        """Return the part that is kept in coordinates of the `source`, so that one resampling scales and crops."""
        (left, top), (width, height) = self.crop, self.inner
        x, y = source[0] / self.scaled[0], source[1] / self.scaled[1]
        right, bottom = min((left + width) * x, source[0]), min((top + height) * y, source[1])
        return left * x, top * y, right, bottom


def lay_out(source: Size, transform: Transform) -> Layout:
    """Return the layout of an image of size `source` for a transform; each side is at least 1 pixel.

    The same sizes as sharp's for the same request: `contain` is its `inside` without enlargement, `cover` and `fill`
    are its own, `pad` is its `contain`; positions as in its `CalculateCrop` and `CalculateEmbedPosition`.
    """
    width, height = (side and max(1, divide(side * transform.dpr, 100)) for side in (transform.width, transform.height))
    if not width or not height or transform.fit == "contain":
        size = _within(source, width, height)
        return Layout(size, size, size)
    box = (width, height)
    if transform.fit == "cover":
        scaled = _around(source, box)
        return Layout(scaled, box, box, crop=_place(scaled, box, transform.gravity, round_up=1))
    if transform.fit == "pad":
        inner = _inside(source, box)
        return Layout(inner, inner, box, offset=_place(box, inner, transform.gravity, round_up=0))
    return Layout(box, box, box)


def divide(numerator: int, denominator: int) -> int:
    """Divide two positive numbers, rounding half away from zero, as C's `round` does."""
    return (2 * numerator + denominator) // (2 * denominator)


def _within(source: Size, width: int | None, height: int | None) -> Size:
    """Return the largest size with the aspect of `source` in the box, a side of which may be open, never enlarged."""
    box = (min(width or source[0], source[0]), min(height or source[1], source[1]))
    return _inside(source, box)


def _inside(source: Size, box: Size) -> Size:
    if source[0] * box[1] >= source[1] * box[0]:
        return box[0], max(1, divide(source[1] * box[0], source[0]))
    return max(1, divide(source[0] * box[1], source[1])), box[1]


def _around(source: Size, box: Size) -> Size:
    if source[0] * box[1] >= source[1] * box[0]:
        return divide(source[0] * box[1], source[1]), box[1]
    return box[0], divide(source[1] * box[0], source[0])


def _place(outer: Size, inner: Size, gravity: str, round_up: int) -> tuple[int, int]:
    """Return where the `inner` rectangle is, in the `outer` one, when it is drawn towards `gravity`."""
    left, top = ((out - within + round_up) // 2 for out, within in zip(outer, inner, strict=True))
    if "west" in gravity:
        left = 0
    elif "east" in gravity:
        left = outer[0] - inner[0]
    if "north" in gravity:
        top = 0
    elif "south" in gravity:
        top = outer[1] - inner[1]
    return left, top
