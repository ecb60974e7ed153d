"""Palettes for GIF: at most 256 colours, of which one may be transparent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.Image import Dither, Quantize

if TYPE_CHECKING:
    from PIL.Image import Image

TRANSPARENT = 0
"""The index of the transparent colour, if there is one: the same in all frames, and that of the background."""

_STAND_IN, _FIRST_STAND_IN = (255, 0, 254), (255, 0, 252)
"""The RGB of the transparent colour. Pillow compares frames without alpha, so no visible colour may have it."""

_NEAREST = (255, 0, 253)
_COLOURS = 256
_LAST = 255
_HALF = 128


def reduce_colours(image: Image, *, dithered: bool) -> Image:
    """Convert an L, LA, RGB or RGBA image to mode P; pixels less than half opaque become `TRANSPARENT`.

    The palette is the image's own (median cut). Dithering hides its steps in a still; in an animation it would flicker
    from frame to frame, and cost bytes.
    """
    if image.mode not in ("RGBA", "LA"):
        return _quantise(image.convert("RGB"), _COLOURS, dithered=dithered)
    reduced = _quantise(image.convert("RGB"), _COLOURS - 1, dithered=dithered)
    hidden = image.getchannel("A").point(lambda level: 255 if level < _HALF else 0)
    reduced.paste(_LAST, mask=hidden)
    used = [index for index, count in enumerate(reduced.histogram()[:_LAST]) if count]
    palette = reduced.getpalette() or []
    colours = [tuple(palette[3 * index : 3 * index + 3]) for index in used]
    visible = [_NEAREST if colour in (_STAND_IN, _FIRST_STAND_IN) else colour for colour in colours]
    reduced = reduced.remap_palette([_LAST, *used])
    reduced.putpalette([level for colour in (_STAND_IN, *visible) for level in colour])
    return reduced


def mark_first_frame(first: Image) -> None:
    """Give the transparent colour of an animation's first frame another RGB than in the other frames.

    Pillow omits the pixels of later frames that have the RGB of the first one's. Of a wholly transparent frame nothing
    would be left, and Pillow would write the file's header again.
    """
    palette = first.getpalette(None) or []
    first.putpalette([*_FIRST_STAND_IN, *palette[3:]])


def _quantise(image: Image, colours: int, *, dithered: bool) -> Image:
    reduced = image.quantize(colours, Quantize.MEDIANCUT)
    if not dithered or image.getcolors(colours):
        return reduced
    return image.quantize(palette=reduced, dither=Dither.FLOYDSTEINBERG)
