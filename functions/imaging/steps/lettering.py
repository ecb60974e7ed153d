"""From lines of text to pixels: FreeType's letters, set one by one from left to right."""

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
"""The outline's width, as a fraction of the font's size; not less than a pixel."""

_OPAQUE = 255


@dataclass(frozen=True, slots=True)
class Block:
    """Lines as they are written in a size: how wide each is, and all of them with their outline, in pixels.

    `origin` is where the longest line and the first baseline begin.
    """

    lines: tuple[str, ...]
    font: FreeTypeFont
    outline: float
    widths: tuple[int, ...]
    origin: tuple[int, int]
    size: Size

    def draw(self, alignment: Decimal) -> tuple[Image.Image, Image.Image]:
        """Return the opacity of the letters, and that of the letters with their outline, in mode L.

        The `alignment` is how much of what a line is shorter than the longest one is left of it: 0 to 1.
        """
        letters, outlined = Image.new("L", self.size), Image.new("L", self.size)
        left, baseline = self.origin
        for line, width in zip(self.lines, self.widths, strict=True):
            at = left + round((max(self.widths) - width) * alignment), baseline
            for mask, stroke in ((letters, 0), (outlined, self.outline)):
                Draw(mask).text(at, line, _OPAQUE, self.font, anchor="ls", stroke_width=stroke)
            baseline += sum(self.font.getmetrics())
        return letters, outlined


def fit_block(lines: tuple[str, ...], size: float, room: Size) -> Block:
    """Return the block in the largest font size up to `size` that fits in, or in one of 1 pixel, which may not."""
    while True:
        block = measure_block(lines, size)
        factor = min(free / taken for free, taken in zip(room, block.size, strict=True))
        if factor >= 1 or size <= 1:
            return block
        size = max(1.0, size * factor)


def measure_block(lines: tuple[str, ...], size: float) -> Block:
    """Return the block in a font size of so many pixels, 1 or more; nothing is drawn, so the time is not the size's."""
    font = truetype(FONT, size, layout_engine=Layout.BASIC)
    outline = max(1.0, size * _OUTLINE)
    boxes = [font.getbbox(line, anchor="ls") for line in lines]
    widths = tuple(ceil(max(box[2], font.getlength(line))) for box, line in zip(boxes, lines, strict=True))
    ahead = max(0, *(-floor(box[0]) for box in boxes))  # as a J reaches out to the left
    ascent, descent = font.getmetrics()
    around = ceil(outline)
    taken = ahead + max(widths) + 2 * around, len(lines) * (ascent + descent) + 2 * around
    return Block(lines, font, outline, widths, (around + ahead, around + ascent), taken)
