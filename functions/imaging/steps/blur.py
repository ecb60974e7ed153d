"""Blur, sharpen and pixelate: each pixel from its neighbours, colours weighted by their alpha."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.Image import Resampling

from imaging.layout.geometry import scale
from imaging.pixels import PREMULTIPLIED, in_mode

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFilter import MultibandFilter

    from grammar.transform import Transform
    from imaging.picture import Picture

_SHARPENED_AROUND = 1.0
"""Standard deviation in pixels, about the width of the softening by a resampling."""


def blur(picture: Picture, transform: Transform) -> Picture:
    """Blur by three box filters that approximate a Gaussian: the time does not depend on the standard deviation."""
    if transform.blur is None:
        return picture
    from PIL.ImageFilter import GaussianBlur  # noqa: PLC0415 - few images need it, and loading it slows a cold start

    gaussian = GaussianBlur(float(transform.blur * transform.dpr))

    def change(image: Image) -> Image:
        weighted = in_mode(image, PREMULTIPLIED.get(image.mode, image.mode))
        return in_mode(_filter(weighted, gaussian), image.mode)

    return picture.map(change)


def _filter(image: Image, kernel: MultibandFilter) -> Image:
    """Filter an image; a single row or column is doubled before, of which Pillow's box blur reads beyond its memory."""
    if min(image.size) > 1:
        return image.filter(kernel)
    wide = image.resize((max(2, image.width), max(2, image.height)), Resampling.NEAREST)
    return wide.filter(kernel).crop((0, 0, *image.size))


def sharpen(picture: Picture, transform: Transform) -> Picture:
    """Add the difference to a small blur, `sharpen` times (unsharp mask); alpha stays."""
    if transform.sharpen is None:
        return picture
    from PIL.ImageFilter import UnsharpMask  # noqa: PLC0415 - as above

    mask = UnsharpMask(_SHARPENED_AROUND, round(100 * transform.sharpen), threshold=0)

    def change(image: Image) -> Image:
        if image.mode not in PREMULTIPLIED:
            return _filter(image, mask)
        sharp = _filter(image.convert(PREMULTIPLIED[image.mode]), mask).convert(image.mode)
        sharp.putalpha(image.getchannel("A"))
        return sharp

    return picture.map(change)


def pixelate(picture: Picture, transform: Transform) -> Picture:
    """Fill squares of `pixelate` pixels a side with their mean; those at the right and the bottom are cut."""
    if transform.pixelate is None:
        return picture
    side = scale(transform.pixelate, transform.dpr)

    def change(image: Image) -> Image:
        square = min(side, max(image.size))
        means = image.reduce(square)
        tiled = means.resize((means.width * square, means.height * square), Resampling.NEAREST)
        return tiled.crop((0, 0, *image.size))

    return picture.map(change)
