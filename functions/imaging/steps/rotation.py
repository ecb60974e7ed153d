"""Rotate by less than a quarter. Quarter turns and flips are part of the orientation, and cost nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image, ImageChops
from PIL.Image import Resampling, Transform

from imaging.layout.geometry import turned_size
from imaging.pixels import PREMULTIPLIED, in_mode

if TYPE_CHECKING:
    from grammar.transform import Transform as Request
    from imaging.layout.geometry import Layout, Size
    from imaging.picture import Picture

_MARGIN = 2
"""Pixels that are added around the image for the interpolation: its edges repeated, so that they don't darken."""


def rotate(picture: Picture, _: Request) -> Picture:
    """Rotate every frame by the layout's angle, and keep the layout's crop; corners are transparent."""
    if not picture.layout.angle:
        return picture
    return picture.map(lambda image: _rotate(image, picture.layout))


def _rotate(image: Image.Image, layout: Layout) -> Image.Image:
    """Rotate, scale and crop in one interpolation; the opacity of a rectangle rotated alike smooths the edges."""
    matrix = _inverse(image.size, layout)
    weighted = in_mode(image, PREMULTIPLIED.get(image.mode, image.mode))
    wide = (image.width + 2 * _MARGIN, image.height + 2 * _MARGIN)
    framed = weighted.resize(wide, Resampling.NEAREST)
    framed.paste(weighted, (_MARGIN, _MARGIN))
    turned = in_mode(framed.transform(layout.inner, Transform.AFFINE, matrix, Resampling.BICUBIC), image.mode)
    rectangle = Image.new("L", wide)
    rectangle.paste(255, (_MARGIN, _MARGIN, _MARGIN + image.width, _MARGIN + image.height))
    opacity = rectangle.transform(layout.inner, Transform.AFFINE, matrix, Resampling.BILINEAR)
    if image.mode in PREMULTIPLIED:
        opacity = ImageChops.multiply(opacity, turned.getchannel("A"))
    turned.putalpha(opacity)
    return turned


def _inverse(size: Size, layout: Layout) -> tuple[float, ...]:
    """Return the affine matrix from kept pixels to those of the image with its margin, row by row."""
    sine, cosine = math.sin(math.radians(layout.angle)), math.cos(math.radians(layout.angle))
    width, height = turned_size(size, layout.angle)
    across, down = width / layout.scaled[0], height / layout.scaled[1]
    x, y = layout.crop[0] * across - width / 2, layout.crop[1] * down - height / 2
    left, top = size[0] / 2 + _MARGIN, size[1] / 2 + _MARGIN
    return (
        across * cosine,
        down * sine,
        x * cosine + y * sine + left,
        -across * sine,
        down * cosine,
        -x * sine + y * cosine + top,
    )
