"""Untrusted files meet Pillow's parsers: headers are checked against the limits before anything is decoded."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL.JpegImagePlugin import JpegImageFile

from grammar.errors import TranscodingError
from imaging.errors import DamagedImage, NotAnImage, TooLarge
from imaging.layout.plan import Header
from imaging.pixels import APERTURE, FEW_BITS, KEY
from imaging.reading.containers import read_gif, read_webp_size
from imaging.reading.exif import read_orientation
from imaging.reading.gif import ClearingGif, open_clearing_gif
from imaging.reading.headers import is_plain_jxl, read_ico, read_jxl_size
from imaging.reading.pillow import configure_process, open_image, open_png
from imaging.reading.quantisation import estimate_quality

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as PillowImage

    from imaging.formats import Format
    from imaging.limits import Limits

_TIFF_COMPRESSIONS = frozenset(
    {"raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "jpeg", "tiff_ccitt", "group3", "group4"}
)
"""The common ones of those that libtiff decodes: each of the others is one more parser."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An original whose header was read and is within the limits; its pixels are not decoded yet."""

    image: PillowImage
    header: Header


def open_original(data: bytes, original: Format, limits: Limits, at_most: int | None = None) -> Opened:
    """Read the header of a file, and check the frames that are to be decoded: all, or the first `at_most`.

    Raises TooLarge and NotAnImage, and whatever Pillow raises: see `blaming_the_file`.
    """
    configure_process()
    counted, clears = 1, False
    if original.name == "gif":
        gif = read_gif(data, limits.max_frames if at_most is None else at_most - 1)
        limits.check_original(gif.width, gif.height, max(1, gif.frames))
        data, counted, clears = gif.data, gif.frames, gif.clears
    elif original.name == "webp":
        limits.check_original(*read_webp_size(data), 1)
    elif original.name == "jxl":
        limits.check_original(*read_jxl_size(data), 1, original.weight)
        if not is_plain_jxl(data):  # the plugin would decode all frames, uncounted, and keep the last
            raise NotAnImage("Animated JPEG XL and JPEG XL with a preview are not supported.")
    image = _open(data, original, limits, clears=clears)
    _check_kind(image, original)
    hidden = 1 if getattr(image, "default_image", False) else 0
    if original.name in ("png", "webp", "avif"):
        # declared by the header; a GIF's would be counted again
        counted = int(getattr(image, "n_frames", 1)) - (0 if at_most is None else hidden)
    frames = counted if at_most is None else min(counted, at_most)
    limits.check_original(*image.size, frames, original.weight)
    return Opened(image, _read_header(image, original, frames - (hidden if at_most is None else 0), hidden))


def _read_header(image: PillowImage, original: Format, frames: int, hidden: int) -> Header:
    return Header(
        format=original,
        codec=image.format or "",
        size=_shown_size(image),
        frames=frames,
        hidden=hidden,
        has_alpha=image.has_transparency_data or isinstance(image, ClearingGif) or KEY in image.info,
        orientation=read_orientation(image.info.get("exif") or b""),
        profile=image.info.get("icc_profile"),
        plays=_plays(image, original),
        quality=_quality(image),
        is_indexed=original.name == "gif" or image.mode in ("P", "1") or FEW_BITS in image.info,
    )


def _quality(image: PillowImage) -> int | None:
    tables = image.quantization if isinstance(image, JpegImageFile) else {}
    return estimate_quality(tables[0]) if 0 in tables else None


def _shown_size(image: PillowImage) -> tuple[int, int]:
    left, top, right, bottom = image.info.get(APERTURE) or (0, 0, *image.size)
    return right - left, bottom - top


def _plays(image: PillowImage, original: Format) -> int:
    """Return how often an animation is played; GIF counts repetitions instead."""
    loop = image.info.get("loop")
    if original.name != "gif":
        return int(loop or 0)
    return 1 if loop is None else loop and loop + 1


def _open(data: bytes, original: Format, limits: Limits, *, clears: bool) -> PillowImage:
    if clears:
        return open_clearing_gif(data)
    return _open_ico(data, original, limits) if original.name == "ico" else open_image(data, original)


def _open_ico(data: bytes, original: Format, limits: Limits) -> PillowImage:
    icon = read_ico(data)
    limits.check_original(icon.width, icon.height, 1)
    return open_png(icon.data) if icon.is_png else open_image(icon.data, original)


def _check_kind(image: PillowImage, original: Format) -> None:
    """Raise NotAnImage for what the format allows, and Pillow can only read badly or slowly."""
    compression = image.info.get("compression")
    if original.name == "tiff" and (compression not in _TIFF_COMPRESSIONS or image.mode == "F"):
        raise NotAnImage(f"TIFF of this kind ({image.mode}, {compression}) is not supported.")
    if original.name == "bmp" and compression in (1, 2):  # BI_RLE8 and BI_RLE4: Pillow decodes them in Python
        raise NotAnImage("Compressed BMP is not supported.")


@contextmanager
def blaming_the_file() -> Iterator[None]:
    """Translate the errors of parsers: hostile bytes make Pillow's raise nearly anything, and warn besides."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except TranscodingError:
        raise
    except MemoryError as error:
        raise TooLarge("Decoding the original takes more memory than the function has.") from error
    except Exception as error:
        raise DamagedImage("The original is damaged: it can't be decoded.") from error
