"""From bytes to pixels: the only place where untrusted files meet Pillow's parsers."""

from __future__ import annotations

import struct
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imaging.containers import read_gif, read_webp_size
from imaging.errors import DamagedImage, NotAnImage, TooLarge, TranscodingError
from imaging.formats import Format, output_format, sniff
from imaging.geometry import Layout, lay_out
from imaging.headers import read_ico, read_jpeg_precision, read_jxl_size
from imaging.memory import keep_freed_memory
from imaging.picture import Frame, Picture
from imaging.pixels import to_resizable
from imaging.plugins import open_image, open_png
from imaging.steps.orientation import read_orientation, stored_box, stored_size
from imaging.steps.resize import resample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as PillowImage

    from imaging.limits import Limits
    from imaging.transform import Transform

keep_freed_memory()

MAX_DURATION = 65_535
"""The longest time that a frame is shown, in milliseconds: APNG, the narrowest of the formats, has 16 bits for it."""

_EIGHT_BITS = 8

_TIFF_COMPRESSIONS = frozenset(
    {"raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "jpeg", "tiff_ccitt", "group3", "group4"}
)
"""Of those that libtiff knows: the others are rare, and each is one more parser."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: its format, and its frames (1 for a still)."""

    format: Format
    frames: int
    has_alpha: bool


def read_header(data: bytes, limits: Limits) -> Header:
    """Read what the file declares, and decode no pixel. Raises what `decode` does."""
    limits.check_bytes(len(data))
    original = sniff(data)
    with _blaming_the_file():
        image, frames = _open(data, original, limits, moving=True)
        return Header(original, frames, image.has_transparency_data)


def decode(data: bytes, transform: Transform, limits: Limits) -> Picture:
    """Decode what the transform needs of an original: of a JPEG a reduced version, of an animation small frames.

    Sizes are checked before pixels are decoded. Raises NotAnImage, TooLarge and DamagedImage, and nothing else.
    """
    limits.check_bytes(len(data))
    original = sniff(data)
    target = output_format(transform, original)
    if original.name == "jpeg":
        _check_precision(data)
    with _blaming_the_file():
        image, frames = _open(data, original, limits, moving=target.animates)
        orientation = read_orientation(image.info.get("exif") or b"")
        layout = lay_out(stored_size(image.size, orientation), transform)
        limits.check_result(*layout.canvas, frames, target)
        plays = _plays(image, original)
        box = stored_box(layout.kept(stored_size(image.size, orientation)), image.size, orientation)
        picture = Picture((), original, layout, box, orientation, image.info.get("icc_profile"), plays)
        return _read_animation(image, picture, frames) if frames > 1 else _read_still(image, picture)


@contextmanager
def _blaming_the_file() -> Iterator[None]:
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


def _open(data: bytes, original: Format, limits: Limits, *, moving: bool) -> tuple[PillowImage, int]:
    """Read the header; return the image and how many frames of it are to be decoded."""
    counted = 1
    if original.name == "gif":
        gif = read_gif(data, limits.max_frames if moving else 0)
        limits.check_original(gif.width, gif.height, gif.frames if moving else 1)
        data, counted = gif.data, gif.frames
    elif original.name == "webp":
        limits.check_original(*read_webp_size(data), 1)
    elif original.name == "jxl":
        limits.check_original(*read_jxl_size(data), 1, original.weight)
    image = _open_ico(data, original, limits) if original.name == "ico" else open_image(data, original)
    _check_kind(image, original)
    if original.name in ("png", "webp", "avif"):
        counted = int(getattr(image, "n_frames", 1))  # declared by the header; a GIF's would be counted again
    frames = counted if moving else 1
    limits.check_original(*image.size, frames, original.weight)
    return image, frames


def _check_precision(data: bytes) -> None:
    """Raise NotAnImage for a JPEG of 12 bits, which libjpeg would have to be built for."""
    try:
        bits = read_jpeg_precision(data)
    except (IndexError, struct.error):
        return  # damaged: the decoder says so
    if bits != _EIGHT_BITS:
        raise NotAnImage(f"JPEG with {bits} bits a sample is not read.")


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


def _plays(image: PillowImage, original: Format) -> int:
    """Return how often an animation is shown; GIF counts the repetitions instead, and AVIF's plugin does not say."""
    loop = image.info.get("loop")
    if original.name != "gif":
        return int(loop or 0)
    return 1 if loop is None else loop and loop + 1


def _read_still(image: PillowImage, picture: Picture) -> Picture:
    reduction = _reduce(image, picture.layout, picture.orientation) if image.format == "JPEG" else 1
    image.load()
    pixels = to_resizable(image)
    left, top, right, bottom = (edge / reduction for edge in picture.box)
    box = (left, top, min(right, pixels.width), min(bottom, pixels.height))
    return replace(picture, frames=(Frame(pixels),), box=box)


def _reduce(image: PillowImage, layout: Layout, orientation: int) -> int:
    """Have a JPEG decoded at a half, a quarter or an eighth of its size, if that is enough; return the divisor.

    One step less where the factor is only just reached: the resampling has something to do then, and the result is as
    sharp as from all the pixels (as in sharp's pipeline).
    """
    width, height = stored_size(layout.scaled, orientation)
    factor = min(image.width // width, image.height // height)
    reduction = next((step for step in (8, 4, 2) if factor >= step), 1)
    if reduction == factor:
        reduction = max(1, reduction // 2)
    before = image.width
    image.draft(None, (image.width // reduction, image.height // reduction))
    return reduction if image.width < before else 1


def _read_animation(image: PillowImage, picture: Picture, frames: int) -> Picture:
    """Decode frame by frame, and keep only the resampled ones: whole ones would be gigabytes."""
    first = 1 if getattr(image, "default_image", False) else 0  # APNG's picture for those who can't show it
    size = stored_size(picture.layout.inner, picture.orientation)
    read = []
    for index in range(first, frames):
        image.seek(index)
        image.load()
        duration = min(max(round(image.info.get("duration") or 0), 0), MAX_DURATION)
        pixels = to_resizable(image.copy())
        read.append(Frame(resample(pixels, size, picture.box), duration))
    return replace(picture, frames=tuple(read), box=(0, 0, *size))
