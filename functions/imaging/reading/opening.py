"""Untrusted files meet Pillow's parsers: headers are held against the limits before anything is decoded."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grammar.errors import TranscodingError
from imaging.errors import DamagedImage, NotAnImage, TooLarge
from imaging.reading.containers import read_gif, read_webp_size
from imaging.reading.headers import is_plain_jxl, read_ico, read_jxl_size
from imaging.reading.plugins import open_image, open_png

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as PillowImage

    from imaging.formats import Format
    from imaging.limits import Limits

_TIFF_COMPRESSIONS = frozenset(
    {"raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "jpeg", "tiff_ccitt", "group3", "group4"}
)
"""Of those that libtiff knows: the others are rare, and each is one more parser."""


def open_original(data: bytes, original: Format, limits: Limits, at_most: int | None = None) -> tuple[PillowImage, int]:
    """Read the header; return the image and how many frames of it are to be decoded: all, or the first so many.

    Raises TooLarge and NotAnImage, and whatever Pillow raises: see `blaming_the_file`.
    """
    counted = 1
    if original.name == "gif":
        gif = read_gif(data, limits.max_frames if at_most is None else at_most - 1)
        limits.check_original(gif.width, gif.height, max(1, gif.frames))
        data, counted = gif.data, gif.frames
    elif original.name == "webp":
        limits.check_original(*read_webp_size(data), 1)
    elif original.name == "jxl":
        limits.check_original(*read_jxl_size(data), 1, original.weight)
        if not is_plain_jxl(data):  # the plugin would decode all frames, uncounted, and keep the last
            raise NotAnImage("JPEG XL that moves, or has a preview, is not read.")
    image = _open_ico(data, original, limits) if original.name == "ico" else open_image(data, original)
    _check_kind(image, original)
    if original.name in ("png", "webp", "avif"):
        # declared by the header; a GIF's would be counted again
        counted = int(getattr(image, "n_frames", 1)) - (0 if at_most is None else hidden_frames(image))
    frames = counted if at_most is None else min(counted, at_most)
    limits.check_original(*image.size, frames, original.weight)
    return image, frames


def hidden_frames(image: PillowImage) -> int:
    """Return 1 where the first picture is no frame: APNG's for those who can't show it move."""
    return 1 if getattr(image, "default_image", False) else 0


def _open_ico(data: bytes, original: Format, limits: Limits) -> PillowImage:
    icon = read_ico(data)
    limits.check_original(icon.width, icon.height, 1)
    return open_png(icon.data) if icon.is_png else open_image(icon.data, original)


def _check_kind(image: PillowImage, original: Format) -> None:
    """Raise NotAnImage for what the format allows, and Pillow can only read badly or slowly."""
    compression = image.info.get("compression")
    if original.name == "tiff" and (compression not in _TIFF_COMPRESSIONS or image.mode == "F"):
        raise NotAnImage(f"TIFF of this kind ({image.mode}, {compression}) is not read.")
    if original.name == "bmp" and compression in (1, 2):  # BI_RLE8 and BI_RLE4: Pillow decodes them in Python
        raise NotAnImage("Compressed BMP is not read.")


@contextmanager
def blaming_the_file() -> Iterator[None]:
    """Translate whatever a parser raises: hostile bytes make Pillow's raise nearly anything, and warn besides."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except TranscodingError:
        raise
    except MemoryError as error:
        raise TooLarge("The original takes more memory to decode than there is.") from error
    except Exception as error:
        raise DamagedImage("The original is damaged: it can't be decoded.") from error
