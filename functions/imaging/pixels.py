"""Pixels: from any stored mode to one that can be averaged (no palettes, no colour keys, 8 bits a channel); turns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PIL import Image, ImageChops
from PIL.Image import Transpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image as PillowImage

WHITE_IS_ZERO = "white is zero"
"""A key of an image's `info`: its 16-bit levels are inverted (TIFF's photometric interpretation 0)."""

KEY = "key of 16 bits"
"""Another: the transparent colour of 16-bit samples (PNG's tRNS), of one or three."""

LOW_BYTES = "low bytes"
"""Another: a function that opens the same file with the lower byte of each 16-bit sample instead of the upper one."""

FEW_BITS = "few bits"
"""Another: its samples have fewer than 8 bits, though Pillow widens them."""

APERTURE = "aperture"
"""Another: the part of the stored pixels that is shown (AVIF's clean aperture): left, top, right, bottom."""

PREMULTIPLIED = {"RGBA": "RGBa", "LA": "La"}
"""Modes with alpha -> Pillow's modes with colours premultiplied by it."""

_LEVELS = 256

_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def turn(image: PillowImage, orientation: int) -> PillowImage:
    """Return the stored image turned upright (EXIF's orientation, 1 to 8); itself where it is upright already."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def to_resizable(image: PillowImage) -> PillowImage:
    """Return a loaded image as one of mode L, LA, RGB, RGBA or CMYK, with nothing in its `info`.

    Sixteen bits are cut to their upper eight, as Pillow's PNG reader does with colour, after a 16-bit colour key was
    applied. Of an image with a clean aperture only that is returned.
    """
    if APERTURE in image.info:
        shown = image.crop(image.info[APERTURE])
        shown.info = {key: value for key, value in image.info.items() if key != APERTURE}
        return to_resizable(shown)
    sixteen = image.info.get(KEY)
    if image.mode.startswith("I"):
        gray = _upper_bytes(image)
        if sixteen is not None:
            gray.putalpha(_alpha_of_gray(image, sixteen[0]))
        return gray.point(lambda level: _LEVELS - 1 - level) if image.info.get(WHITE_IS_ZERO) else gray
    if sixteen is not None:
        alpha = _alpha_of_colour(image, image.info[LOW_BYTES](), sixteen)
        plain = image.convert("RGB")
        plain.putalpha(alpha)
        plain.info = {}
        return plain
    key = image.info.get("transparency")
    if key is not None and not _is_usable(key):
        del image.info["transparency"]
        key = None
    mode = image.mode
    if mode in ("P", "PA"):
        mode = "RGBA" if image.has_transparency_data else "RGB"
    elif mode in ("1", "L"):
        mode = "L" if key is None else "LA"
    elif mode not in ("LA", "RGBA", "CMYK"):
        mode = "RGB" if key is None else "RGBA"
    plain = in_mode(image, mode)
    plain.info = {}
    return plain


def in_mode(image: PillowImage, mode: str) -> PillowImage:
    """Return the image in that mode: itself where it has it, of which Pillow's `convert` would copy every pixel."""
    return image if image.mode == mode else image.convert(mode)


def _is_usable(key: object) -> bool:
    """Return whether a colour key has 8 bits, or is the alpha values of a palette."""
    values = key if isinstance(key, tuple) else (key,)
    return all(isinstance(value, bytes) or (isinstance(value, int) and value < _LEVELS) for value in values)


def _alpha_of_gray(image: PillowImage, key: int) -> PillowImage:
    """Return opacity: none where a 16-bit level is the key."""
    return image.convert("I").point([0 if level == key else 255 for level in range(_LEVELS**2)], "L")


def _alpha_of_colour(upper: PillowImage, lower: PillowImage, key: Sequence[int]) -> PillowImage:
    """Return opacity: none where three 16-bit samples, given as their upper and lower bytes, are the key."""
    lower.load()
    alpha = Image.new("L", upper.size)
    for image, shift in ((upper, 8), (lower, 0)):
        colour = tuple(value >> shift & _LEVELS - 1 for value in key)
        difference = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, colour))
        for channel in difference.split():
            alpha = ImageChops.lighter(alpha, channel)
    return alpha.point([0] + [255] * (_LEVELS - 1))


def _upper_bytes(image: PillowImage) -> PillowImage:
    if image.mode == "I":
        return image.point(lambda level: level * (1 / _LEVELS)).convert("L")
    big_endian = image.mode == "I;16B" or (image.mode == "I;16N" and sys.byteorder == "big")
    return Image.frombytes("L", image.size, image.tobytes()[0 if big_endian else 1 :: 2])
