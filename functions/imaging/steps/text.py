"""Draw the text over every frame, with an outline that makes it readable on any background."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PIL import Image

from grammar.text import read_text
from imaging.layout.geometry import fit_inside, scale
from imaging.resampling import resample
from imaging.steps.background import parse_colour
from imaging.steps.overlay import composite, inner_size, measure_margin, place

if TYPE_CHECKING:
    from grammar.transform import Transform
    from imaging.layout.geometry import Size
    from imaging.picture import Picture

_OPAQUE = 255
_MIDDLE = 128


def draw_text(picture: Picture, transform: Transform) -> Picture:
    """Draw the lines in the requested size, or smaller where they don't fit; lines are never broken."""
    if transform.text is None:
        return picture
    from imaging.steps.lettering import fit_block  # noqa: PLC0415 - few images need it, and loading it slows a cold start

    canvas = picture.layout.canvas
    margin = measure_margin(canvas, transform.text_margin)
    space = inner_size(canvas, margin)
    block = fit_block(read_text(transform.text), _font_size(transform, canvas), space)
    layer = _colour(*block.draw(_alignment(transform.text_gravity)), transform.text_color)
    if block.size[0] > space[0] or block.size[1] > space[1]:
        layer = resample(layer, fit_inside(block.size, space), (0, 0, *block.size))
    at = place(canvas, layer.size, transform.text_gravity, margin)
    return picture.map(lambda image: composite(image, layer, at))


def _font_size(transform: Transform, canvas: Size) -> float:
    if isinstance(transform.text_size, int):
        return scale(transform.text_size, transform.dpr)
    return max(1.0, canvas[0] * float(transform.text_size))


def _alignment(gravity: str | tuple[Decimal, Decimal]) -> Decimal:
    if isinstance(gravity, tuple):
        return gravity[0]
    return Decimal(0) if "west" in gravity else Decimal(1) if "east" in gravity else Decimal("0.5")


def _colour(letters: Image.Image, outlined: Image.Image, digits: str) -> Image.Image:
    """Return the layer: letters of that colour on an outline in black or white, whichever contrasts with them."""
    red, green, blue, alpha = parse_colour(digits)
    light = (299 * red + 587 * green + 114 * blue) // 1000 >= _MIDDLE  # luma of ITU-R BT.601
    outline = 0 if light else _OPAQUE
    layer = Image.new("RGB", letters.size, (outline, outline, outline))
    layer.paste((red, green, blue), mask=letters)
    if red == green == blue:
        layer = layer.convert("L")
    layer.putalpha(outlined.point([level * alpha // _OPAQUE for level in range(_OPAQUE + 1)]))
    return layer
