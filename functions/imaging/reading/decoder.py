"""From bytes to pixels: of an opened file, what the transform needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from grammar.errors import MalformedTransform
from imaging.analysis.trimming import find_content
from imaging.formats import Format, output_format, sniff
from imaging.layout.framing import frame, narrow
from imaging.picture import Frame, Picture
from imaging.pixels import to_resizable
from imaging.reading.metadata import select_metadata
from imaging.reading.opening import blaming_the_file, hidden_frames, open_original
from imaging.steps.orientation import read_orientation, stored_size
from imaging.steps.resize import REDUCING_GAP, resample, resample_while_decoding
from resizer.memory import keep_freed_memory

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from grammar.transform import Transform
    from imaging.layout.framing import Framing
    from imaging.layout.geometry import Box, Size
    from imaging.limits import Limits

keep_freed_memory()

Reduction: TypeAlias = tuple[float, float]
"""What the stored width and height are divided by while decoding."""

MAX_DURATION = 65_535
"""The longest time that a frame is shown, in milliseconds: APNG, the narrowest of the formats, has 16 bits for it."""

_LEAST_REDUCTION = 2
"""Of a WebP: by less, libwebp's averaging costs more time than the smaller image saves."""

_ROUNDING = 1e-6
"""Edges of boxes are fractions; a factor of 2 that comes out as 1.9999999 is one of 2."""


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
    with blaming_the_file():
        image, frames = open_original(data, original, limits)
        orientation = read_orientation(image.info.get("exif") or b"")
        shown = frames - hidden_frames(image)
        profile = image.info.get("icc_profile")
        return Header(original, image.size, shown, image.has_transparency_data, orientation, profile)


def decode(data: bytes, transform: Transform, limits: Limits) -> Picture:
    """Decode what the transform needs of an original: of a JPEG a reduced version, of an animation small frames.

    Sizes are checked before pixels are decoded. Raises NotAnImage, TooLarge, DamagedImage, and MalformedTransform for a
    crop or a frame that is not there; nothing else.
    """
    limits.check_bytes(len(data))
    original = sniff(data)
    target = output_format(transform, original)
    with blaming_the_file():
        moving = target.animates and transform.animate and transform.frame is None
        index = transform.frame or 0
        image, frames = open_original(data, original, limits, None if moving else index + 1)
        if frames <= index:
            raise MalformedTransform(f"frame={index}", f"the original has {frames} frames, the first being 0")
        frames = frames if moving else 1
        orientation = read_orientation(image.info.get("exif") or b"")
        profile, plays = image.info.get("icc_profile"), _plays(image, original)
        metadata = select_metadata(image.info, transform.metadata)
        if transform.frame is not None and (index or hidden_frames(image)):
            image.seek(index + hidden_frames(image))
        framing = frame(image.size, orientation, transform)
        if transform.trim is not None:
            image.load()
            pixels = to_resizable(image.copy() if frames > 1 else image)  # what moves needs its own again
            framing = narrow(framing, transform, find_content(pixels, framing.stored_region, transform.trim))
        limits.check_layout(framing.layout, frames, target)
        picture = Picture((), original, framing.layout, framing.box, framing.to_do, profile, plays, metadata)
        looking = framing if transform.gravity == "auto" and transform.fit == "cover" else None
        return _read_animation(image, picture, frames, looking) if frames > 1 else _read_still(image, picture, looking)


def _plays(image: PillowImage, original: Format) -> int:
    """Return how often an animation is shown; GIF counts the repetitions instead, and AVIF's plugin does not say."""
    loop = image.info.get("loop")
    if original.name != "gif":
        return int(loop or 0)
    return 1 if loop is None else loop and loop + 1


def _read_still(image: PillowImage, picture: Picture, looking: Framing | None) -> Picture:
    reduction = _REDUCE.get(image.format or "", _keep)(image, picture)
    if looking is None and image.format == "JPEG":
        size, box = (
            stored_size(picture.layout.resampled, picture.orientation),
            _reduced_box(picture, reduction, image.size),
        )
        resampled = resample_while_decoding(image, size, box)
        if resampled is not None:
            return replace(picture, frames=(Frame(resampled),), box=(0, 0, *size))
    image.load()
    pixels = to_resizable(image)
    picture = _focus(picture, looking, pixels, reduction)
    return replace(picture, frames=(Frame(pixels),), box=_reduced_box(picture, reduction, pixels.size))


def _reduced_box(picture: Picture, reduction: Reduction, size: Size) -> Box:
    """Return what is kept of the picture, where it is after the reduction to that size."""
    left, top, right, bottom = (edge / by for edge, by in zip(picture.box, reduction * 2, strict=True))
    return left, top, min(right, size[0]), min(bottom, size[1])


def _focus(picture: Picture, looking: Framing | None, pixels: PillowImage, reduction: Reduction) -> Picture:
    """Move the crop to where most is to be seen, if that is wanted."""
    if looking is None:
        return picture
    from imaging.analysis.focus import focus  # noqa: PLC0415 - few images need it, and loading it slows a cold start

    framing = focus(looking, pixels, reduction)
    return replace(picture, layout=framing.layout, box=framing.box)


def _keep(_: PillowImage, __: Picture) -> Reduction:
    return 1, 1


def _reduce_jpeg(image: PillowImage, picture: Picture) -> Reduction:
    """Have a JPEG decoded at a half, a quarter or an eighth of its size, if that is enough; return the divisors.

    One step less where the factor is only just reached: the resampling has something to do then, and the result is as
    sharp as from all the pixels (as in sharp's pipeline).
    """
    factor = int(_factor(picture) + _ROUNDING)
    reduction = next((step for step in (8, 4, 2) if factor >= step), 1)
    if reduction == factor:
        reduction = max(1, reduction // 2)
    before = image.width
    image.draft(None, (image.width // reduction, image.height // reduction))
    return (reduction, reduction) if image.width < before else (1, 1)


def _reduce_webp(image: PillowImage, picture: Picture) -> Reduction:
    """Have a WebP decoded at a fraction, any that libwebp's averaging can: twice the size that is wanted."""
    reduction = _factor(picture) / REDUCING_GAP
    width, height = image.size
    if reduction >= _LEAST_REDUCTION:
        image.draft(None, (max(1, round(width / reduction)), max(1, round(height / reduction))))
    return width / image.width, height / image.height


def _factor(picture: Picture) -> float:
    """Return by how much what is kept is to be made smaller."""
    width, height = stored_size(picture.layout.resampled, picture.orientation)
    left, top, right, bottom = picture.box
    return min((right - left) / width, (bottom - top) / height)


_REDUCE = {"JPEG": _reduce_jpeg, "WEBP": _reduce_webp}


def _read_animation(image: PillowImage, picture: Picture, frames: int, looking: Framing | None) -> Picture:
    """Decode frame by frame, and keep only the resampled ones: whole ones would be gigabytes."""
    first = hidden_frames(image)
    size = stored_size(picture.layout.resampled, picture.orientation)
    read = []
    for index in range(first, frames):
        image.seek(index)
        image.load()
        duration = min(max(round(image.info.get("duration") or 0), 0), MAX_DURATION)
        pixels = to_resizable(image.copy())
        if index == first:
            picture = _focus(picture, looking, pixels, (1, 1))
        read.append(Frame(resample(pixels, size, picture.box), duration))
    return replace(picture, frames=tuple(read), box=(0, 0, *size))
