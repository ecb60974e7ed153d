"""Sizes and positions, in whole pixels of the upright image. All rounding is that of `divide`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

    from grammar.transform import Transform

Size: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""

QUARTER = 90
"""Degrees. A rotation by less takes a resampling; quarter turns only reorder the pixels."""

REDUCING_GAP = 2.0
"""Whole pixels are averaged down to this multiple of the final size before Lanczos, as libvips does: SSIM and bytes are
then equal to sharp's."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes and places of all parts of the result.

    The whole image would be scaled to `scaled`, of which the part of size `inner` at `crop` is kept (only `cover`
    crops) and placed at `offset` on a canvas of size `canvas` (only `pad` leaves bars). The resampling makes
    `resampled`, which is `inner` unless the image is then rotated by an `angle` of less than a quarter, in degrees
    clockwise. A `border` of that width in pixels is drawn around the canvas.
    """

    scaled: Size
    inner: Size
    canvas: Size
    resampled: Size
    crop: tuple[int, int] = (0, 0)
    offset: tuple[int, int] = (0, 0)
    angle: float = 0
    border: int = 0

    @property
    def outer(self) -> Size:
        """The size of the result: the canvas with the border around it."""
        return self.canvas[0] + 2 * self.border, self.canvas[1] + 2 * self.border

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Every size that is made on the way to the result, which is the last one."""
        return (self.scaled, self.resampled, self.outer) if self.angle else (self.outer,)

    def kept(self, source: Size) -> Box:
        """Return the kept part in coordinates of the `source`, so that one resampling scales and crops."""
        if self.angle:
            return 0, 0, *source
        return scale_box((*self.crop, *self.inner), self.scaled, source)


def lay_out(source: Size, transform: Transform) -> Layout:
    """Return the layout of an image of size `source` for a transform; each side is at least 1 pixel.

    Sizes are those of sharp for the same request: `contain` is its `inside` without enlargement, `upscale` with it,
    `cover` and `fill` are its own, `pad` is its `contain`; positions as in its `CalculateCrop` and
    `CalculateEmbedPosition`.
    """
    angle = float(transform.rotate % QUARTER)
    bounds = tuple(max(1, math.ceil(side - 0.001)) for side in turned_size(source, angle)) if angle else source
    scaled, inner, canvas, crop, offset = _fit((bounds[0], bounds[1]), transform)
    resampled = inner
    if angle:
        factor = max(scaled[0] / bounds[0], scaled[1] / bounds[1])
        resampled = max(1, round(source[0] * factor)), max(1, round(source[1] * factor))
    border = scale(transform.border[0], transform.dpr) if transform.border else 0
    return Layout(scaled, inner, canvas, resampled, crop, offset, angle, border)


def turned_size(size: Size, angle: float) -> tuple[float, float]:
    """Return the bounding box of a rectangle of `size` that is rotated by `angle`, 0 to 90 degrees."""
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    return size[0] * cosine + size[1] * sine, size[0] * sine + size[1] * cosine


def scale_box(box: tuple[int, int, int, int], outer: Size, source: tuple[float, float]) -> Box:
    """Convert a left, top, width and height in an `outer` rectangle to a box in the `source` that was scaled to it."""
    left, top, width, height = box
    x, y = source[0] / outer[0], source[1] / outer[1]
    return left * x, top * y, min((left + width) * x, source[0]), min((top + height) * y, source[1])


def divide(numerator: int, denominator: int) -> int:
    """Divide two positive numbers, rounding half away from zero, as C's `round` does."""
    return (2 * numerator + denominator) // (2 * denominator)


def scale(length: int, factor: Decimal) -> int:
    """Multiply a length by an exact factor; at least 1."""
    numerator, denominator = factor.as_integer_ratio()
    return max(1, divide(length * numerator, denominator))


Fitted: TypeAlias = tuple[Size, Size, Size, tuple[int, int], tuple[int, int]]


def _fit(source: Size, transform: Transform) -> Fitted:
    """Return `scaled`, `inner`, `canvas`, `crop` and `offset`."""
    width, height = _box(source, transform)
    if not width or not height or transform.fit in ("contain", "upscale"):
        size = _within(source, width, height, enlarge=transform.fit == "upscale")
        return size, size, size, (0, 0), (0, 0)
    box = (width, height)
    if transform.fit == "cover":
        scaled = _around(source, box)
        return scaled, box, box, place_crop(scaled, box, transform.gravity), (0, 0)
    if transform.fit == "pad":
        inner = fit_inside(source, box)
        return inner, inner, box, (0, 0), place_inside(box, inner, transform.gravity)
    return box, box, box, (0, 0), (0, 0)


def largest_result(transform: Transform) -> tuple[int | None, int | None]:
    """Return the sides in pixels that no result of the transform exceeds, None where they depend on the original."""
    border = scale(transform.border[0], transform.dpr) if transform.border else 0
    width, height = _sides(transform)
    return width and width + 2 * border, height and height + 2 * border


def _sides(transform: Transform) -> tuple[int | None, int | None]:
    width, height = (side and scale(side, transform.dpr) for side in (transform.width, transform.height))
    if transform.aspect is None or (width and height) or not (width or height):
        return width, height
    across, down = transform.aspect
    if width:
        return width, max(1, divide(width * down, across))
    return height and max(1, divide(height * across, down)), height


def _box(source: Size, transform: Transform) -> tuple[int | None, int | None]:
    """Return the sides of the box, None where it is open."""
    width, height = _sides(transform)
    if transform.aspect is None or width or height:
        return width, height
    return _around(transform.aspect, source) if transform.fit == "pad" else fit_inside(transform.aspect, source)


def _within(source: Size, width: int | None, height: int | None, *, enlarge: bool) -> Size:
    """Return the largest size with the aspect of `source` in the box, of which a side may be None."""
    if not enlarge:
        return fit_inside(source, (min(width or source[0], source[0]), min(height or source[1], source[1])))
    if width and height:
        return fit_inside(source, (width, height))
    if width:
        return width, max(1, divide(source[1] * width, source[0]))
    return (max(1, divide(source[0] * height, source[1])), height) if height else source


def fit_inside(source: Size, box: Size) -> Size:
    """Return the largest size with the aspect of `source` in the box; each side is at least 1."""
    if source[0] * box[1] >= source[1] * box[0]:
        return box[0], max(1, divide(source[1] * box[0], source[0]))
    return max(1, divide(source[0] * box[1], source[1])), box[1]


def _around(source: Size, box: Size) -> Size:
    if source[0] * box[1] >= source[1] * box[0]:
        return divide(source[0] * box[1], source[1]), box[1]
    return box[0], divide(source[1] * box[0], source[0])


def place_crop(outer: Size, inner: Size, gravity: str | tuple[Decimal, Decimal]) -> tuple[int, int]:
    """Return the place of `inner` in `outer`: at a point of the compass, or centred on a focal point."""
    if isinstance(gravity, str):
        return _place(outer, inner, gravity, round_up=1)
    left, top = (_centre(*sides) for sides in zip(outer, inner, gravity, strict=True))
    return left, top


def _centre(outer: int, inner: int, focus: Decimal) -> int:
    numerator, denominator = focus.as_integer_ratio()
    start = 2 * outer * numerator - inner * denominator
    return min(divide(max(0, start), 2 * denominator), outer - inner)


def place_inside(outer: Size, inner: Size, gravity: str | tuple[Decimal, Decimal]) -> tuple[int, int]:
    """Return the place of `inner` in `outer`: at a point of the compass, or at a fraction of the free space."""
    if isinstance(gravity, str):
        return _place(outer, inner, gravity, round_up=0)
    ratios = [focus.as_integer_ratio() for focus in gravity]
    left, top = (divide((out - within) * n, d) for out, within, (n, d) in zip(outer, inner, ratios, strict=True))
    return left, top


def _place(outer: Size, inner: Size, gravity: str, round_up: int) -> tuple[int, int]:
    """Return the place of the `inner` rectangle in the `outer` one, at the point of the compass `gravity`."""
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
