"""Convert all colours to sRGB, after the reduction: a 16th of the pixels needs a 16th of the arithmetic."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from imaging.formats import output_format
from imaging.pixels import in_mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image, ImageCms

    from grammar.transform import Transform
    from imaging.picture import Picture

_SPACES = {"RGB": "RGB", "RGBA": "RGB", "L": "GRAY", "LA": "GRAY", "CMYK": "CMYK"}
"""Mode of the image -> the colour space that its profile must have."""


_SMALLEST, _LARGEST = 128, 1 << 20
"""Bytes of a profile that may be kept; the header alone has 128 (ICC.1, section 7.2)."""


def to_srgb(picture: Picture, transform: Transform) -> Picture:
    """Convert from the embedded profile, if it is one for the image's mode, and from CMYK in any case.

    With `profile=keep`, RGB images in formats that can have a profile keep theirs, and their colours. Not with `gray`:
    levels of grey would lack the tone curve of the profile.
    """
    if transform.profile == "keep" and _can_keep(picture, transform):
        return picture
    convert = _from_profile(picture.profile, picture.frames[0].image.mode) if picture.profile else None
    return replace(picture.map(convert or _without_profile), profile=None)


def _can_keep(picture: Picture, transform: Transform) -> bool:
    profile = picture.profile or b""
    return (
        output_format(transform, picture.original).keeps_profile
        and not transform.gray
        and picture.frames[0].image.mode in ("RGB", "RGBA")
        and _SMALLEST <= len(profile) <= _LARGEST
        and profile[16:20] == b"RGB "
    )


def _without_profile(image: Image.Image) -> Image.Image:
    return image.convert("RGB") if image.mode == "CMYK" else image


def _from_profile(profile: bytes, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """Return the conversion from an untrusted profile, or None if it is unusable; browsers ignore such profiles too."""
    from PIL import ImageCms  # noqa: PLC0415 - most images have no profile, and loading it slows a cold start

    colours = {"RGBA": "RGB", "LA": "L"}.get(mode, mode)
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[mode]:
            return None
        link = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), colours, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None

    def convert(image: Image.Image) -> Image.Image:
        flat = _apply(link, in_mode(image, colours))
        if colours == "L":
            flat = flat.convert("L")
        return _with_alpha_of(image, flat)

    return convert


def from_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an sRGB image to the space of an RGB profile; return it unchanged if the profile does not allow that."""
    from PIL import ImageCms  # noqa: PLC0415 - as above

    try:
        kept = ImageCms.ImageCmsProfile(BytesIO(profile))
        link = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), kept, "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return _with_alpha_of(image, _apply(link, in_mode(image, "RGB")))


def _apply(link: ImageCms.ImageCmsTransform, flat: Image.Image) -> Image.Image:
    from PIL import ImageCms  # noqa: PLC0415 - as above

    converted = ImageCms.applyTransform(flat, link) or flat
    converted.info = {}  # ImageCms has added the profile of the new colours
    return converted


def _with_alpha_of(image: Image.Image, flat: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA"):
        flat.putalpha(image.getchannel("A"))
    return flat
