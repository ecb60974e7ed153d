"""What is behind transparent pixels, and the bars beside the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from imaging.formats import output_format

if TYPE_CHECKING:
    from imaging.picture import Picture
    from imaging.transform import Transform

_OPAQUE = 255
_WHITE = (255, 255, 255, _OPAQUE)
_CLEAR = (255, 255, 255, 0)


def fill_background(picture: Picture, transform: Transform) -> Picture:
    """Put the image on its canvas.

    A background that was asked for shows through wherever the image is transparent. Without one, bars are transparent
    if the image is and the format can be, else white; a format without alpha gets white behind everything.
    """
    alpha_stays = output_format(transform, picture.original).has_alpha

    def fill(image: Image.Image) -> Image.Image:
        transparent = image.mode in ("RGBA", "LA")
        bars = image.size != picture.layout.canvas
        if not bars and not (transparent and (transform.background or not alpha_stays)):
            return image
        fallback = _CLEAR if transparent and alpha_stays else _WHITE
        colour = _parse(transform.background) if transform.background else fallback
        return _compose(image, Image.new("RGBA", picture.layout.canvas, colour), picture.layout.offset, alpha_stays)

    return picture.map(fill)


def _compose(image: Image.Image, canvas: Image.Image, offset: tuple[int, int], alpha_stays: bool) -> Image.Image:  # noqa: FBT001 - it says itself
    if image.mode in ("RGBA", "LA"):
        canvas.alpha_composite(image.convert("RGBA"), offset)
    else:
        canvas.paste(image, offset)
    if not alpha_stays:
        canvas = Image.alpha_composite(Image.new("RGBA", canvas.size, _WHITE), canvas)
    opaque = canvas.getchannel("A").getextrema()[0] == _OPAQUE
    return canvas.convert("RGB") if opaque else canvas


def _parse(digits: str) -> tuple[int, ...]:
    red, green, blue, *alpha = bytes.fromhex(digits)
    return red, green, blue, *(alpha or [_OPAQUE])
