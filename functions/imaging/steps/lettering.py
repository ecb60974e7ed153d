"""From lines of text to pixels: FreeType's glyphs, set from left to right without kerning."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PIL.ImageDraw import Draw
from PIL.ImageFont import FreeTypeFont, Layout, truetype

if TYPE_CHECKING:
    from decimal import Decimal

    from imaging.layout.geometry import Size

FONT = Path(__file__).parent / "fonts" / "OpenSans-Semibold.ttf"

_OUTLINE = 1 / 16
"""The outline's width as a fraction of the font size, but at least a pixel."""

_OPAQUE = 255


@dataclass(frozen=True, slots=True)
class Block:
    """Lines in a font size: the width of each, and the size of all with their outline, in pixels.

    `origin` is the start of the longest line on the first baseline.
    """

    lines: tuple[str, ...]
    font: FreeTypeFont
    outline: float
    widths: tuple[int, ...]
    origin: tuple[int, int]
    size: Size

    def draw(self, alignment: Decimal) -> tuple[Image.Image, Image.Image]:
        """Return the opacity of the letters, and that of the letters with their outline, in mode L.

        `alignment` is 0 to 1: the fraction of the free space of a shorter line that is left of it.
        """
        letters, outlined = Image.new("L", self.size), Image.new("L", self.size)
        left, baseline = self.origin
        for line, width in zip(self.lines, self.widths, strict=True):
            at = left + round((max(self.widths) - width) * alignment), baseline
            for mask, stroke in ((letters, 0), (outlined, self.outline)):
                Draw(mask).text(at, line, _OPAQUE, self.font, anchor="ls", stroke_width=stroke)
            baseline += sum(self.font.getmetrics())
        return letters, outlined


def fit_block(lines: tuple[str, ...], size: float, space: Size) -> Block:
    """Return the block in the largest font size up to `size` that fits, or in one of 1 pixel, which may not fit."""
    while True:
        block = measure_block(lines, size)
        factor = min(free / taken for free, taken in zip(space, block.size, strict=True))
        if factor >= 1 or size <= 1:
            return block
        size = max(1.0, size * factor)


def measure_block(lines: tuple[str, ...], size: float) -> Block:
    """Return the block in a font size in pixels, 1 or more. Nothing is drawn, so the time does not depend on it."""
    font = truetype(FONT, size, layout_engine=Layout.BASIC)
    outline = max(1.0, size * _OUTLINE)
    boxes = [font.getbbox(line, anchor="ls") for line in lines]
    widths = tuple(ceil(max(box[2], font.getlength(line))) for box, line in zip(boxes, lines, strict=True))
    ahead = max(0, *(-floor(box[0]) for box in boxes))  # a J reaches to the left of its origin
    ascent, descent = font.getmetrics()
    above = max(ascent, *(-floor(box[1]) for box in boxes))  # stacked diacritics reach beyond the font's ascent
    below = max(descent, *(ceil(box[3]) for box in boxes))
    around = ceil(outline)
    between = (len(lines) - 1) * (ascent + descent)
    taken = ahead + max(widths) + 2 * around, above + between + below + 2 * around
    return Block(lines, font, outline, widths, (around + ahead, around + above), taken)
