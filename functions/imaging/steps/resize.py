"""Scale and crop, in one resampling."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import _imaging
from PIL.Image import Resampling
from PIL.ImageFile import ImageFile

from imaging.pixels import in_mode
from imaging.steps.orientation import stored_size

if TYPE_CHECKING:
    from PIL.Image import Image

    from grammar.transform import Transform
    from imaging.layout.geometry import Box, Size
    from imaging.picture import Picture

REDUCING_GAP = 2.0
"""Average whole pixels down to twice the size before Lanczos, as libvips does: as like, and sharp's bytes."""

PREMULTIPLIED = {"RGBA": "RGBa", "LA": "La"}


def resize(picture: Picture, _: Transform) -> Picture:
    """Bring what is kept of every frame to its final size; the pixels stay as they are stored."""
    size = stored_size(picture.layout.resampled, picture.orientation)
    resized = picture.map(lambda image: resample(image, size, picture.box))
    return replace(resized, box=(0, 0, *size))


def resample(image: Image, size: Size, box: Box) -> Image:
    """Return the part `box` of an image at `size`, by Lanczos as sharp does.

    Colours are weighted by their alpha (premultiplied), or what lies hidden in transparent pixels would bleed out.
    """
    if image.size == size and box == (0, 0, *size):
        return image
    weighted = in_mode(image, PREMULTIPLIED.get(image.mode, image.mode))
    return in_mode(weighted.resize(size, Resampling.LANCZOS, box, REDUCING_GAP), image.mode)


def resample_while_decoding(image: Image, size: Size, box: Box) -> Image | None:
    """Decode a JPEG, and return what `resample` would make of its pixels: row by row, so that they never are in memory.

    Returns None, with nothing decoded, where it has to be: by stock Pillow, of which this is no part, without three
    colours, or where pixels are averaged first. Raises what decoding does.
    """
    left, top, right, bottom = box
    averages = max((right - left) / size[0], (bottom - top) / size[1]) >= 2 * REDUCING_GAP
    if not isinstance(image, ImageFile) or image.mode != "RGB" or averages or len(image.tile) != 1:
        return None
    if not hasattr(_imaging, "new_sieve"):
        return None
    sieve = _imaging.new_sieve(image.mode, image.size, size, box)
    if sieve is None:
        return None
    image.im = sieve
    image.load()
    resampled = image._new(sieve.take_sieved())  # noqa: SLF001 - as all of Pillow's own operations end
    resampled.info = {}
    return resampled
