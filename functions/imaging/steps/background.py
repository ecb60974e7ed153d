"""The background behind transparent pixels and in bars, and the opacity of the whole image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from imaging.formats import output_format
from imaging.pixels import in_mode

if TYPE_CHECKING:
    from grammar.transform import Transform
    from imaging.picture import Picture

_OPAQUE = 255
_WHITE = (255, 255, 255, _OPAQUE)
_CLEAR = (255, 255, 255, 0)
_TRANSPARENT = ("RGBA", "LA")


def fill_background(picture: Picture, transform: Transform) -> Picture:
    """Put the image on its canvas.

    A requested background shows wherever the image is transparent. Without one, bars are transparent if the image has
    alpha, else white.
    """
    background = _background(picture, transform)

    def fill(image: Image.Image) -> Image.Image:
        transparent = image.mode in _TRANSPARENT
        if image.size == picture.layout.canvas and not (transparent and background):
            return image
        canvas = Image.new("RGBA", picture.layout.canvas, background or (_CLEAR if transparent else _WHITE))
        if transparent:
            canvas.alpha_composite(in_mode(image, "RGBA"), picture.layout.offset)
        else:
            canvas.paste(image, picture.layout.offset)
        return _simplify(canvas)

    return picture.map(fill)


def fade(picture: Picture, transform: Transform) -> Picture:
    """Multiply every pixel's alpha by the opacity."""
    if transform.opacity == 1:
        return picture
    faded = [round(level * float(transform.opacity)) for level in range(_OPAQUE + 1)]

    def change(image: Image.Image) -> Image.Image:
        alpha = image.getchannel("A") if image.mode in _TRANSPARENT else Image.new("L", image.size, _OPAQUE)
        changed = image.copy()
        changed.putalpha(alpha.point(faded))
        return changed

    return picture.map(change)


def flatten(picture: Picture, transform: Transform) -> Picture:
    """Put the image on the background, or on white, where the format has no transparency."""
    if output_format(transform, picture.original).has_alpha:
        return picture
    colour = _background(picture, transform) or _WHITE

    def change(image: Image.Image) -> Image.Image:
        if image.mode not in _TRANSPARENT:
            return image
        canvas = Image.new("RGBA", image.size, colour)
        canvas.alpha_composite(in_mode(image, "RGBA"))
        return _simplify(canvas)

    return picture.map(change)


def _background(picture: Picture, transform: Transform) -> tuple[int, ...] | None:
    """Return the requested background; blended with white where the format has no transparency."""
    if transform.background is None:
        return None
    *colour, alpha = parse_colour(transform.background)
    if output_format(transform, picture.original).has_alpha:
        return (*colour, alpha)
    return *((level * alpha + _OPAQUE * (_OPAQUE - alpha) + _OPAQUE // 2) // _OPAQUE for level in colour), _OPAQUE


def parse_colour(digits: str) -> tuple[int, ...]:
    """Return red, green, blue and alpha of six or eight hexadecimal digits."""
    red, green, blue, *alpha = bytes.fromhex(digits)
    return red, green, blue, *(alpha or [_OPAQUE])


def _simplify(image: Image.Image) -> Image.Image:
    return image.convert("RGB") if image.getchannel("A").getextrema()[0] == _OPAQUE else image
