"""Bring all colours to sRGB, after the image was made small: a 16th of the pixels need a 16th of the arithmetic."""

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
"""The colour space that a profile must be of, by the image's mode."""


_SMALLEST, _LARGEST = 128, 1 << 20
"""Bytes of a profile that may be kept: its header alone has 128 (ICC.1, section 7.2)."""


def to_srgb(picture: Picture, transform: Transform) -> Picture:
    """Convert from the embedded profile, if it is one for such pixels, and from CMYK in any case.

    The transform may have the profile kept, and the colours with it: of RGB images, in formats that hold a profile, and
    not if they are to become grey, since levels of grey would be left without the curve that they go by.
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
    """Return the conversion from an untrusted profile, or None if it can't be used; browsers ignore such ones too."""
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
        flat = _follow(link, in_mode(image, colours))
        if colours == "L":
            flat = flat.convert("L")
        return _with_alpha_of(image, flat)

    return convert


def from_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return an sRGB image in the space of an RGB profile that was kept; as it is where that can't be converted to."""
    from PIL import ImageCms  # noqa: PLC0415 - as above

    try:
        kept = ImageCms.ImageCmsProfile(BytesIO(profile))
        link = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), kept, "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return _with_alpha_of(image, _follow(link, in_mode(image, "RGB")))


def _follow(link: ImageCms.ImageCmsTransform, flat: Image.Image) -> Image.Image:
    from PIL import ImageCms  # noqa: PLC0415 - as above

    converted = ImageCms.applyTransform(flat, link) or flat
    converted.info = {}  # it was given the profile of its new colours
    return converted


def _with_alpha_of(image: Image.Image, flat: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA"):
        flat.putalpha(image.getchannel("A"))
    return flat
