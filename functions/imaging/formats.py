"""The image formats: one table with the name, the abilities and the signature of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imaging.errors import NotAllowed, NotAnImage

if TYPE_CHECKING:
    from collections.abc import Collection

    from grammar.transform import Transform


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    `pillow` is Pillow's name for it, and `max_side` its longest possible side in pixels; `magic` matches the beginning
    of its files. A transform without a format makes `instead` of such an original, or the same format if that is None.
    A pixel of an original counts as `weight` pixels against the limit, since its decoder takes that much more memory
    than PNG's. Only formats with `keeps_profile` are written with an ICC profile.
    """

    name: str
    content_type: str
    pillow: str
    has_alpha: bool
    animates: bool
    max_side: int
    magic: re.Pattern[bytes]
    written: bool = True
    instead: str | None = None
    weight: int = 1
    keeps_profile: bool = True


FORMATS = {
    fmt.name: fmt
    for fmt in (
        Format(
            name="jpeg",
            content_type="image/jpeg",
            pillow="JPEG",
            has_alpha=False,
            animates=False,
            max_side=65500,  # libjpeg's JPEG_MAX_DIMENSION
            magic=re.compile(rb"\xff\xd8\xff"),
        ),
        Format(
            name="png",
            content_type="image/png",
            pillow="PNG",
            has_alpha=True,
            animates=True,
            max_side=1_000_000,  # libpng's PNG_USER_WIDTH_MAX, which browsers keep
            magic=re.compile(rb"\x89PNG\r\n\x1a\n"),
        ),
        Format(
            name="webp",
            content_type="image/webp",
            pillow="WEBP",
            has_alpha=True,
            animates=True,
            max_side=16383,  # RFC 9649, section 2.5
            magic=re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL),
        ),
        Format(
            name="gif",
            content_type="image/gif",
            pillow="GIF",
            has_alpha=True,
            animates=True,
            max_side=65535,  # 16 bits in the screen descriptor
            magic=re.compile(rb"GIF8[79]a"),
            keeps_profile=False,
        ),
        Format(
            name="avif",
            content_type="image/avif",
            pillow="AVIF",
            has_alpha=True,
            animates=True,
            max_side=32768,  # libavif's AVIF_DEFAULT_IMAGE_DIMENSION_LIMIT, in browsers too
            # the brand may be a general one (mif1, msf1) that has AVIF's among the compatible ones
            magic=re.compile(rb".{4}ftyp(?:avi[fs]|m[is]f1.{4}(?:.{4}){0,16}?avi[fs])", re.DOTALL),
            weight=2,
        ),
        Format(
            name="jxl",
            content_type="image/jxl",
            pillow="JXL",
            has_alpha=True,
            animates=False,  # the plugin reads and writes stills only
            max_side=1 << 18,  # level 5 of ISO/IEC 18181-1, annex M, which browsers keep
            magic=re.compile(rb"\x00\x00\x00\x0cJXL \r\n\x87\n|\xff\x0a"),
            instead="jpeg",  # few browsers display JPEG XL
            weight=2,
            keeps_profile=False,  # the plugin treats all colours as sRGB
        ),
        Format(
            name="heic",
            content_type="image/heic",
            pillow="HEIF",
            has_alpha=True,
            animates=False,
            max_side=32768,  # libheif's limit
            magic=re.compile(rb".{4}ftyp(?:he[iv][cxms]|m[is]f1.{4}(?:.{4}){0,16}?he[iv][cxms])", re.DOTALL),
            written=False,
            instead="jpeg",
        ),
        Format(
            name="tiff",
            content_type="image/tiff",
            pillow="TIFF",
            has_alpha=True,
            animates=False,
            max_side=1_000_000,
            magic=re.compile(rb"II\*\x00|MM\x00\*"),  # not BigTIFF
            written=False,
            instead="jpeg",
        ),
        Format(
            name="jp2",
            content_type="image/jp2",
            pillow="JPEG2000",
            has_alpha=True,
            animates=False,
            max_side=1_000_000,
            magic=re.compile(rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
            written=False,
            instead="jpeg",
            weight=2,
        ),
        Format(
            name="bmp",
            content_type="image/bmp",
            pillow="BMP",
            has_alpha=True,
            animates=False,
            max_side=1_000_000,
            # the size of the second header distinguishes it from text that begins with BM
            magic=re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00", re.DOTALL),
            written=False,
            instead="png",
        ),
        Format(
            name="ico",
            content_type="image/vnd.microsoft.icon",
            pillow="ICO",
            has_alpha=True,
            animates=False,
            max_side=65535,
            magic=re.compile(rb"\x00\x00\x01\x00[^\x00]\x00.{3}\x00", re.DOTALL),
            written=False,
            instead="png",
        ),
    )
}

WRITTEN = tuple(name for name, fmt in FORMATS.items() if fmt.written)
"""The formats that can be requested."""

CAMERA_RAW = "it is a camera RAW file, which has to be developed first"

_REFUSED = (
    (
        re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|svg|!--|!DOCTYPE svg)", re.IGNORECASE),
        "SVG and other XML can run scripts",
    ),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:html|!DOCTYPE)", re.IGNORECASE), "it is an HTML page"),
    (re.compile(rb"FUJIFILMCCD-RAW|IIU\x00|IIR[OS]|MMOR|\x00MRM|FOVb|.{4}ftypcrx ", re.DOTALL), CAMERA_RAW),
    (re.compile(rb".{4}ftyp", re.DOTALL), "it is a video, or another ISO media file"),
    (re.compile(rb"II\+\x00|MM\x00\+"), "BigTIFF is not supported"),
    (re.compile(rb"8BPS"), "it is a Photoshop document"),
    (re.compile(rb"%PDF"), "it is a PDF document"),
    (re.compile(rb"\Z"), "it is empty"),
)


def sniff(data: bytes) -> Format:
    """Return the format by the first bytes, and not by name or Content-Type. Raises NotAnImage."""
    for fmt in FORMATS.values():
        if fmt.magic.match(data):
            return fmt
    reason = next((why for pattern, why in _REFUSED if pattern.match(data)), "its first bytes are unknown")
    raise NotAnImage(f"The original is not a supported image ({', '.join(FORMATS)}): {reason}.")


def output_format(transform: Transform, original: Format) -> Format:
    """Return the requested format (`auto` must be resolved before), or the default one for such originals."""
    return FORMATS[transform.format if transform.format in FORMATS else original.instead or original.name]


def check_type(name: str, allowed: Collection[str]) -> None:
    """Raise NotAllowed for a format that is not among the `allowed` ones."""
    if name not in allowed:
        raise NotAllowed(f"the image type {name} is not allowed here (allowed: {', '.join(sorted(allowed))})")
