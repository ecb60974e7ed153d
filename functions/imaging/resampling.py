"""Resampling by Lanczos, of decoded pixels, or of a JPEG while it is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import _imaging
from PIL.Image import Resampling
from PIL.ImageFile import ImageFile

from imaging.layout.geometry import REDUCING_GAP
from imaging.pixels import PREMULTIPLIED, in_mode

if TYPE_CHECKING:
    from PIL.Image import Image

    from imaging.layout.geometry import Box, Size


def resample(image: Image, size: Size, box: Box) -> Image:
    """Return the part `box` of an image at `size`, by Lanczos as sharp does.

    Colours are premultiplied by alpha, so that hidden colours of transparent pixels do not bleed into visible ones.
    """
    if image.size == size and box == (0, 0, *size):
        return image
    weighted = in_mode(image, PREMULTIPLIED.get(image.mode, image.mode))
    return in_mode(weighted.resize(size, Resampling.LANCZOS, box, REDUCING_GAP), image.mode)


def resample_while_decoding(image: Image, size: Size, box: Box) -> Image | None:
    """Decode a JPEG row by row, and return what `resample` makes of its pixels, which are never in memory as a whole.

    Returns None, with nothing decoded, where the whole image is needed: with stock Pillow, which has no sieve (see
    functions/pillow/README.md), for images that are not RGB, and where pixels are averaged first. Raises the errors of
    the decoder.
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
