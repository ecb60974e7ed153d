"""Pixels as they are stored -> pixels that can be averaged: no palettes, no colour keys, 8 bits a channel."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

WHITE_IS_ZERO = "white is zero"
"""Among an image's `info`: its levels of 16 bits are those of a negative."""

_LEVELS = 256


def to_resizable(image: PillowImage) -> PillowImage:
    """Return a loaded image as one of mode L, LA, RGB, RGBA or CMYK, without anything but pixels.

    Sixteen bits are cut to their upper eight, as Pillow's PNG reader does with colour. A colour key of sixteen bits
    (PNG's tRNS) is dropped: it can't be told any more which pixels had it.
    """
    if image.mode.startswith("I"):
        gray = _upper_bytes(image)
        return gray.point(lambda level: _LEVELS - 1 - level) if image.info.get(WHITE_IS_ZERO) else gray
    key = image.info.get("transparency")
    if key is not None and not _is_usable(key):
        del image.info["transparency"]
        key = None
    mode = image.mode
    if mode in ("P", "PA"):
        mode = "RGBA" if image.has_transparency_data else "RGB"
    elif mode in ("1", "L"):
        mode = "L" if key is None else "RGBA"
    elif mode not in ("LA", "RGBA", "CMYK"):
        mode = "RGB" if key is None else "RGBA"
    plain = in_mode(image, mode)
    plain.info = {}
    return plain


def in_mode(image: PillowImage, mode: str) -> PillowImage:
    """Return the image in that mode: itself where it is in it, of which Pillow's `convert` would copy every pixel."""
    return image if image.mode == mode else image.convert(mode)


def _is_usable(key: object) -> bool:
    """Tell whether a colour key is of 8 bits, or the alpha values of a palette."""
    values = key if isinstance(key, tuple) else (key,)
    return all(isinstance(value, bytes) or (isinstance(value, int) and value < _LEVELS) for value in values)


def _upper_bytes(image: PillowImage) -> PillowImage:
    if image.mode == "I":
        return image.point(lambda level: level * (1 / _LEVELS)).convert("L")
    big_endian = image.mode == "I;16B" or (image.mode == "I;16N" and sys.byteorder == "big")
    return Image.frombytes("L", image.size, image.tobytes()[0 if big_endian else 1 :: 2])
