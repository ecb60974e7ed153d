"""Colours of 16-bit samples, converted by lcms itself before they are cut to 8 bits: Pillow's binding knows 8 only.

A profile with a linear curve has a quarter of its visible steps in the lowest of 256 levels.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING

from PIL import Image

from imaging.pixels import LOW_BYTES, WHITE_IS_ZERO, to_resizable

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_LIBRARY = "liblcms2.so.2"
_GRAY_16, _RGB_16, _RGB_8 = 0x3000A, 0x4001A, 0x40019
"""lcms2.h: TYPE_GRAY_16, TYPE_RGB_16, TYPE_RGB_8."""

_FLAGS = {_GRAY_16: 0x0100, _RGB_16: 0}
"""cmsFLAGS_NOOPTIMIZE for grey, of which lcms otherwise makes a table that is too coarse where it is dark."""

_SPACES = {_GRAY_16: int.from_bytes(b"GRAY"), _RGB_16: int.from_bytes(b"RGB ")}
_BAND = 256
"""Rows that are converted at a time, in buffers of 16 bits."""


@cache
def _load_library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    for name in ("cmsOpenProfileFromMem", "cmsCreate_sRGBProfile", "cmsCreateTransform"):
        getattr(library, name).restype = ctypes.c_void_p
    return library


def convert_sixteen(image: PillowImage, profile: bytes) -> PillowImage | None:
    """Return a loaded image of 16-bit samples in sRGB, of 8 bits, with its alpha.

    None for images of 8 bits, for profiles of another colour space, unusable ones, and without lcms: then the upper
    bytes are converted later.
    """
    gray = image.mode == "I;16" and not image.info.get(WHITE_IS_ZERO)
    if not gray and LOW_BYTES not in image.info:
        return None
    library = _load_library()
    transform = library and _create_transform(library, profile, _GRAY_16 if gray else _RGB_16)
    if not library or not transform:
        return None
    try:
        converted = _convert(library, transform, image)
    finally:
        library.cmsDeleteTransform(ctypes.c_void_p(transform))
    if gray:
        converted = converted.convert("L")
    plain = to_resizable(image)
    if "A" in plain.mode:
        converted.putalpha(plain.getchannel("A"))
    return converted


def _create_transform(library: ctypes.CDLL, profile: bytes, kind: int) -> int | None:
    source = library.cmsOpenProfileFromMem(profile, ctypes.c_uint32(len(profile)))
    if not source:
        return None
    target = library.cmsCreate_sRGBProfile()
    try:
        if library.cmsGetColorSpace(ctypes.c_void_p(source)) != _SPACES[kind]:
            return None
        created: int | None = library.cmsCreateTransform(
            ctypes.c_void_p(source), kind, ctypes.c_void_p(target), _RGB_8, 0, _FLAGS[kind]
        )
        return created
    finally:
        library.cmsCloseProfile(ctypes.c_void_p(source))
        library.cmsCloseProfile(ctypes.c_void_p(target))


def _convert(library: ctypes.CDLL, transform: int, image: PillowImage) -> PillowImage:
    lower = None
    if LOW_BYTES in image.info:
        lower = image.info[LOW_BYTES]()
        lower.load()
    converted = Image.new("RGB", image.size)
    for top in range(0, image.height, _BAND):
        box = (0, top, image.width, min(top + _BAND, image.height))
        samples = _interleave(image.crop(box), lower.crop(box)) if lower else image.crop(box).tobytes()
        count = image.width * (box[3] - top)
        pixels = ctypes.create_string_buffer(3 * count)
        library.cmsDoTransform(ctypes.c_void_p(transform), samples, pixels, ctypes.c_uint32(count))
        converted.paste(Image.frombytes("RGB", (image.width, box[3] - top), pixels.raw), (0, top))
    return converted


def _interleave(upper: PillowImage, lower: PillowImage) -> bytes:
    """Return the samples of red, green and blue as little-endian numbers of 16 bits."""
    samples = bytearray(6 * upper.width * upper.height)
    samples[0::2] = lower.convert("RGB").tobytes()
    samples[1::2] = upper.convert("RGB").tobytes()
    return bytes(samples)
