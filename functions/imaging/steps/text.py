"""Write the text over every frame, with an outline that makes it readable on anything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from imaging.geometry import fit_inside, scale
from imaging.steps.background import parse_colour
from imaging.steps.overlay import free_room, lay, measure_margin, place
from imaging.steps.resize import resample
from imaging.text import read_text

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from imaging.geometry import Size
    from imaging.picture import Picture
    from imaging.transform import Transform

FONT = Path(__file__).parents[1] / "fonts" / "OpenSans-Semibold.ttf"

_OUTLINE = 1 / 16
"""The outline's width, as a fraction of the font's size; not less than a pixel."""

_OPAQUE = 255
_MIDDLE = 128


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines as they are written in a size: how wide each is, and all of them with their outline, in pixels.

    `origin` is where the longest line and the first baseline begin.
    """

    lines: tuple[str, ...]
    font: FreeTypeFont
    outline: float
    widths: tuple[int, ...]
    origin: tuple[int, int]
    size: Size


def draw_text(picture: Picture, transform: Transform) -> Picture:
    """Write the lines as large as was asked for, or as there is room for; they are never broken."""
    if transform.text is None:
        return picture
    canvas = picture.layout.canvas
    margin = measure_margin(canvas, transform.text_margin)
    room = free_room(canvas, margin)
    block = _fit(read_text(transform.text), _font_size(transform, canvas), room)
    layer = _colour(*_masks(block, _alignment(transform.text_gravity)), transform.text_color)
    if block.size[0] > room[0] or block.size[1] > room[1]:
        layer = resample(layer, fit_inside(block.size, room), (0, 0, *block.size))
    at = place(canvas, layer.size, transform.text_gravity, margin)
    return picture.map(lambda image: lay(image, layer, at))


def _font_size(transform: Transform, canvas: Size) -> float:
    if isinstance(transform.text_size, int):
        return scale(transform.text_size, transform.dpr)
    return max(1.0, canvas[0] * float(transform.text_size))


def _fit(lines: tuple[str, ...], size: float, room: Size) -> _Block:
    """Return the block in the largest size up to `size` that fits in, or in one of 1 pixel, which may not."""
    while True:
        block = _measure(lines, size)
        factor = min(free / taken for free, taken in zip(room, block.size, strict=True))
        if factor >= 1 or size <= 1:
            return block
        size = max(1.0, size * factor)


def _measure(lines: tuple[str, ...], size: float) -> _Block:
    from PIL.ImageFont import Layout, truetype  # noqa: PLC0415 - few images need it, and loading it slows a cold start

    font = truetype(FONT, size, layout_engine=Layout.BASIC)
    outline = max(1.0, size * _OUTLINE)
    boxes = [font.getbbox(line, anchor="ls") for line in lines]
    widths = tuple(ceil(max(box[2], font.getlength(line))) for box, line in zip(boxes, lines, strict=True))
    ahead = max(0, *(-floor(box[0]) for box in boxes))  # as a J reaches out to the left
    ascent, descent = font.getmetrics()
    around = ceil(outline)
    taken = ahead + max(widths) + 2 * around, len(lines) * (ascent + descent) + 2 * around
    return _Block(lines, font, outline, widths, (around + ahead, around + ascent), taken)


def _alignment(gravity: str | tuple[Decimal, Decimal]) -> Decimal:
    """Return how much of what a line is shorter than the block is left of it."""
    if isinstance(gravity, tuple):
        return gravity[0]
    return Decimal(0) if "west" in gravity else Decimal(1) if "east" in gravity else Decimal("0.5")


def _masks(block: _Block, alignment: Decimal) -> tuple[Image.Image, Image.Image]:
    """Return the opacity of the letters, and that of the letters with their outline."""
    from PIL.ImageDraw import Draw  # noqa: PLC0415 - as above

    letters, outlined = Image.new("L", block.size), Image.new("L", block.size)
    left, baseline = block.origin
    for line, width in zip(block.lines, block.widths, strict=True):
        at = left + round((max(block.widths) - width) * alignment), baseline
        for mask, stroke in ((letters, 0), (outlined, block.outline)):
            Draw(mask).text(at, line, _OPAQUE, block.font, anchor="ls", stroke_width=stroke)
        baseline += sum(block.font.getmetrics())
    return letters, outlined


def _colour(letters: Image.Image, outlined: Image.Image, digits: str) -> Image.Image:
    """Return the layer: letters of that colour on an outline that is black or white, whichever they stand out from."""
    red, green, blue, alpha = parse_colour(digits)
    light = (299 * red + 587 * green + 114 * blue) // 1000 >= _MIDDLE  # luma of ITU-R BT.601
    outline = 0 if light else _OPAQUE
    layer = Image.new("RGB", letters.size, (outline, outline, outline))
    layer.paste((red, green, blue), mask=letters)
    if red == green == blue:
        layer = layer.convert("L")
    layer.putalpha(outlined.point([level * alpha // _OPAQUE for level in range(_OPAQUE + 1)]))
    return layer
