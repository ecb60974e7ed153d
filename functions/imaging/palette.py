"""Colours for GIF: at most 256, one of which may be transparent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.Image import Dither, Quantize

if TYPE_CHECKING:
    from PIL.Image import Image

TRANSPARENT = 255
"""The index of the transparent colour, where there is one."""

_STAND_IN = (255, 0, 254)
"""The transparent colour's RGB. Pillow compares frames without their alpha, so no other colour may have it."""

_NEAREST = (255, 0, 253)
_COLOURS = 256
_HALF = 128


def reduce_colours(image: Image, *, dithered: bool) -> Image:
    """Return an L, LA, RGB or RGBA image in mode P; with alpha, what is less than half opaque becomes `TRANSPARENT`.

    The palette is the image's own (median cut). Dithering hides its steps in a still; in an animation it would boil
    from frame to frame, and cost bytes.
    """
    if image.mode not in ("RGBA", "LA"):
        return _quantise(image.convert("RGB"), _COLOURS, dithered=dithered)
    reduced = _quantise(image.convert("RGB"), TRANSPARENT, dithered=dithered)
    palette = reduced.getpalette() or []
    colours = [tuple(palette[start : start + 3]) for start in range(0, 3 * TRANSPARENT, 3)]
    visible = [_NEAREST if colour == _STAND_IN else colour or (0, 0, 0) for colour in colours]
    reduced.putpalette([level for colour in (*visible, _STAND_IN) for level in colour])
    hidden = image.getchannel("A").point(lambda level: 255 if level < _HALF else 0)
    reduced.paste(TRANSPARENT, mask=hidden)
    return reduced


def _quantise(image: Image, colours: int, *, dithered: bool) -> Image:
    reduced = image.quantize(colours, Quantize.MEDIANCUT)
    if not dithered or image.getcolors(colours):
        return reduced
    return image.quantize(palette=reduced, dither=Dither.FLOYDSTEINBERG)
