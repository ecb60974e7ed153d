"""Palettes: of GIF at most 256 colours, of which one may be transparent; of PNG where an image has no more."""

from __future__ import annotations

from sys import byteorder
from typing import TYPE_CHECKING

from PIL.Image import Dither, Quantize, new

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
_FEW_LEVELS = 16
_MOST_MAPPED = 4_000_000
"""Pixels: 40 ns each."""


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


def to_exact_palette(image: Image) -> Image | None:
    """Return an L, LA, RGB or RGBA image with its own colours as a palette, or None where that saves nothing.

    It may have at most 256 colours; levels of grey must need fewer bits than they have.
    """
    counted = image.getcolors(_COLOURS)
    if counted is None or image.width * image.height > _MOST_MAPPED:
        return None
    if image.mode == "L":
        levels = {level for _, level in counted}
        if levels <= {0, _LAST}:
            return image.convert("1", dither=Dither.NONE)
        if len(levels) > _FEW_LEVELS:
            return None
    full = image.convert("RGBA")
    words = memoryview(full.tobytes()).cast("I")
    # transparent colours first: their alpha values are all that has to be written
    colours = sorted(set(words), key=lambda word: (word.to_bytes(4, byteorder)[3], word))
    indices = {word: index for index, word in enumerate(colours)}
    mapped = new("P", image.size)
    mapped.frombytes(bytes(map(indices.__getitem__, words)))
    parts = [word.to_bytes(4, byteorder) for word in colours]
    mapped.putpalette(b"".join(part[:3] for part in parts))
    alpha = bytes(part[3] for part in parts if part[3] != _LAST)
    if alpha:
        mapped.info["transparency"] = alpha
    return mapped


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
