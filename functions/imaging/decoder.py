"""From bytes to pixels: the only place where untrusted files meet Pillow's parsers."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_avif import AvifImagePlugin

from imaging.containers import read_gif, read_webp_size
from imaging.errors import DamagedImage, MalformedTransform, TooLarge, TranscodingError
from imaging.formats import Format, output_format, sniff
from imaging.framing import frame, narrow
from imaging.metadata import select_metadata
from imaging.picture import Frame, Picture
from imaging.pixels import to_resizable
from imaging.steps.orientation import read_orientation, stored_size
from imaging.steps.resize import resample
from imaging.trimming import find_content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

    from imaging.framing import Framing
    from imaging.geometry import Size
    from imaging.limits import Limits
    from imaging.transform import Transform

Image.MAX_IMAGE_PIXELS = None  # `Limits` is stricter, and counts frames
AvifImagePlugin.DEFAULT_MAX_THREADS = 2  # its own default is every core of the host, which a container has no share of

MAX_DURATION = 65_535
"""The longest time that a frame is shown, in milliseconds: APNG, the narrowest of the formats, has 16 bits for it."""

_ROUNDING = 1e-6
"""Edges of boxes are fractions; a factor of 2 that comes out as 1.9999999 is one of 2."""

_PLUGINS: dict[str, type[ImageFile]] = {
    "jpeg": JpegImageFile,  # itself, not its factory: that would hand multi-picture files on to another parser
    "png": PngImageFile,
    "webp": WebPImageFile,
    "gif": GifImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
}


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: its format, stored size, frames (1 for a still), EXIF orientation, ICC profile."""

    format: Format
    size: Size
    frames: int
    has_alpha: bool
    orientation: int
    profile: bytes | None


def read_header(data: bytes, limits: Limits) -> Header:
    """Read what the file declares, and decode no pixel. Raises what `decode` does."""
    limits.check_bytes(len(data))
    original = sniff(data)
    with _blaming_the_file():
        image, frames = _open(data, original, limits)
        orientation = read_orientation(image.info.get("exif") or b"")
        shown = frames - _hidden(image)
        profile = image.info.get("icc_profile")
        return Header(original, image.size, shown, image.has_transparency_data, orientation, profile)


def decode(data: bytes, transform: Transform, limits: Limits) -> Picture:
    """Decode what the transform needs of an original: of a JPEG a reduced version, of an animation small frames.

    Sizes are checked before pixels are decoded. Raises NotAnImage, TooLarge and DamagedImage, and nothing else.
    """
    limits.check_bytes(len(data))
    original = sniff(data)
    target = output_format(transform, original)
    with _blaming_the_file():
        moving = target.animates and transform.animate and transform.frame is None
        index = transform.frame or 0
        image, frames = _open(data, original, limits, None if moving else index + 1)
        if frames <= index:
            raise MalformedTransform(f"frame={index}", f"the original has {frames} frames, the first being 0")
        frames = frames if moving else 1
        orientation = read_orientation(image.info.get("exif") or b"")
        profile, plays = image.info.get("icc_profile"), _plays(image, original)
        metadata = select_metadata(image.info, transform.metadata)
        if transform.frame is not None and (index or _hidden(image)):
            image.seek(index + _hidden(image))
        framing = frame(image.size, orientation, transform)
        if transform.trim is not None:
            image.load()
            content = find_content(to_resizable(image.copy()), framing.stored_region, transform.trim)
            framing = narrow(framing, transform, content)
        limits.check_layout(framing.layout, frames, target)
        picture = Picture((), original, framing.layout, framing.box, framing.to_do, profile, plays, metadata)
        looking = framing if transform.gravity == "auto" and transform.fit == "cover" else None
        return _read_animation(image, picture, frames, looking) if frames > 1 else _read_still(image, picture, looking)


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


def _open(data: bytes, original: Format, limits: Limits, at_most: int | None = None) -> tuple[ImageFile, int]:
    """Read the header; return the image and how many frames of it are to be decoded: all, or the first so many."""
    counted = 1
    if original.name == "gif":
        gif = read_gif(data, limits.max_frames if at_most is None else at_most - 1)
        limits.check_original(gif.width, gif.height, max(1, gif.frames))
        data, counted = gif.data, gif.frames
    elif original.name == "webp":
        limits.check_original(*read_webp_size(data), 1)
    image = _PLUGINS[original.name](BytesIO(data))
    if original.name in ("png", "webp", "avif"):
        # declared by the header; a GIF's would be counted again
        counted = int(getattr(image, "n_frames", 1)) - (0 if at_most is None else _hidden(image))
    frames = counted if at_most is None else min(counted, at_most)
    limits.check_original(*image.size, frames)
    return image, frames


def _hidden(image: ImageFile) -> int:
    """Return 1 where the first picture is no frame: APNG's for those who can't show it move."""
    return 1 if getattr(image, "default_image", False) else 0


def _plays(image: ImageFile, original: Format) -> int:
    """Return how often an animation is shown; GIF counts the repetitions instead, and AVIF's plugin does not say."""
    loop = image.info.get("loop")
    if original.name != "gif":
        return int(loop or 0)
    return 1 if loop is None else loop and loop + 1


def _read_still(image: ImageFile, picture: Picture, looking: Framing | None) -> Picture:
    reduction = _reduce(image, picture) if picture.original.name == "jpeg" else 1
    image.load()
    pixels = to_resizable(image)
    picture = _focus(picture, looking, pixels, reduction)
    left, top, right, bottom = (edge / reduction for edge in picture.box)
    box = (left, top, min(right, pixels.width), min(bottom, pixels.height))
    return replace(picture, frames=(Frame(pixels),), box=box)


def _focus(picture: Picture, looking: Framing | None, pixels: PillowImage, reduction: int) -> Picture:
    """Move the crop to where most is to be seen, if that is wanted."""
    if looking is None:
        return picture
    from imaging.focus import focus  # noqa: PLC0415 - few images need it, and loading it slows a cold start

    framing = focus(looking, pixels, reduction)
    return replace(picture, layout=framing.layout, box=framing.box)


def _reduce(image: ImageFile, picture: Picture) -> int:
    """Have a JPEG decoded at a half, a quarter or an eighth of its size, if that is enough; return the divisor.

    One step less where the factor is only just reached: the resampling has something to do then, and the result is as
    sharp as from all the pixels (as in sharp's pipeline).
    """
    width, height = stored_size(picture.layout.resampled, picture.orientation)
    left, top, right, bottom = picture.box
    factor = int(min((right - left) / width, (bottom - top) / height) + _ROUNDING)
    reduction = next((step for step in (8, 4, 2) if factor >= step), 1)
    if reduction == factor:
        reduction = max(1, reduction // 2)
    before = image.width
    image.draft(None, (image.width // reduction, image.height // reduction))
    return reduction if image.width < before else 1


def _read_animation(image: ImageFile, picture: Picture, frames: int, looking: Framing | None) -> Picture:
    """Decode frame by frame, and keep only the resampled ones: whole ones would be gigabytes."""
    first = _hidden(image)
    size = stored_size(picture.layout.resampled, picture.orientation)
    read = []
    for index in range(first, frames):
        image.seek(index)
        image.load()
        duration = min(max(round(image.info.get("duration") or 0), 0), MAX_DURATION)
        pixels = to_resizable(image.copy())
        if index == first:
            picture = _focus(picture, looking, pixels, 1)
        read.append(Frame(resample(pixels, size, picture.box), duration))
    return replace(picture, frames=tuple(read), box=(0, 0, *size))
