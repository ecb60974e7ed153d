"""A border around the image, and rounded corners, as in CSS: the radius is that of the outer edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageChops
from PIL.Image import Resampling, Transpose

from imaging.layout.geometry import scale
from imaging.pixels import in_mode
from imaging.steps.background import parse_colour

if TYPE_CHECKING:
    from grammar.transform import Transform
    from imaging.layout.geometry import Size
    from imaging.picture import Picture

_OPAQUE = 255
_FINEST = 8
_FINE_PIXELS = 4096
"""A corner is drawn at up to eight times its size, at most 4096 pixels a side, and reduced, which smooths its edge."""


def draw_border(picture: Picture, transform: Transform) -> Picture:
    """Draw the border outside of every frame, and make the corners transparent."""
    if transform.border is None and transform.radius is None:
        return picture
    width = picture.layout.border
    size = picture.layout.outer
    radius = 0
    if transform.radius is not None:
        radius = min(scale(transform.radius, transform.dpr) if isinstance(transform.radius, int) else max(size), *size)
    outer = _rounded(size, min(radius, (min(size) + 1) // 2))
    colour = parse_colour(transform.border[1]) if transform.border else None

    def change(image: Image.Image) -> Image.Image:
        if colour is None:
            return _cut(image, outer)
        # premultiplied, or hidden colours of transparent pixels would be mixed into the inner corners
        bordered = Image.new("RGBA", size, colour).convert("RGBa")
        inner = _rounded(image.size, max(0, min(radius, (min(size) + 1) // 2) - width))
        bordered.paste(in_mode(image, "RGBA").convert("RGBa"), (width, width), inner)
        bordered = bordered.convert("RGBA")
        return _cut(bordered, outer) if radius else bordered

    return picture.map(change)


def _cut(image: Image.Image, mask: Image.Image) -> Image.Image:
    cut = image.copy()
    cut.putalpha(ImageChops.multiply(image.getchannel("A"), mask) if image.mode in ("LA", "RGBA") else mask)
    return cut


def _rounded(size: Size, radius: int) -> Image.Image:
    """Return the opacity of a rectangle with rounded corners."""
    mask = Image.new("L", size, _OPAQUE)
    if radius < 1:
        return mask
    corner = _corner(radius)
    for across, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        turned = corner.transpose(Transpose.FLIP_LEFT_RIGHT) if across else corner
        turned = turned.transpose(Transpose.FLIP_TOP_BOTTOM) if down else turned
        mask.paste(turned, (across * (size[0] - radius), down * (size[1] - radius)))
    return mask


def _corner(radius: int) -> Image.Image:
    """Return the quarter of a disc that is the upper left corner."""
    from PIL.ImageDraw import Draw  # noqa: PLC0415 - few images need it, and loading it slows a cold start

    fineness = max(1, min(_FINEST, _FINE_PIXELS // radius))
    side = radius * fineness
    corner = Image.new("L", (side, side))
    Draw(corner).ellipse((0, 0, 2 * side - 1, 2 * side - 1), fill=_OPAQUE)
    return corner.resize((radius, radius), Resampling.BOX)
