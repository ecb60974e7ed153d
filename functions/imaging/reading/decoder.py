"""From bytes to pixels, of which only those are decoded that the transform needs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import ImageFile

from imaging.formats import sniff
from imaging.layout.orientation import stored_size
from imaging.layout.plan import WHOLE, frames_needed, plan, reduce_box
from imaging.picture import MAX_DURATION, Frame, Picture
from imaging.pixels import to_resizable
from imaging.reading.metadata import select_metadata
from imaging.reading.opening import blaming_the_file, open_original
from imaging.reading.sixteen import convert_sixteen
from imaging.resampling import resample, resample_while_decoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as PillowImage

    from grammar.transform import Transform
    from imaging.formats import Format
    from imaging.layout.framing import Framing, Region
    from imaging.layout.plan import Factors, Header, Plan, Reduction
    from imaging.limits import Limits
    from imaging.picture import Metadata


def read_header(data: bytes, limits: Limits) -> Header:
    """Read what the file declares, without decoding a pixel. Raises what `decode` does."""
    limits.check_bytes(len(data))
    original = sniff(data)
    with blaming_the_file():
        return open_original(data, original, limits).header


def decode(data: bytes, transform: Transform, limits: Limits, *, anonymous: bool = False) -> Picture:
    """Decode what the transform needs of an original: of a JPEG a reduced version, of an animation small frames.

    Open, plan, read: sizes are checked before pixels are decoded. Raises NotAnImage, TooLarge, DamagedImage, and
    MalformedTransform for a crop or a frame that the original does not have; nothing else.
    """
    limits.check_bytes(len(data))
    original = sniff(data)
    with blaming_the_file():
        opened = open_original(data, original, limits, frames_needed(original, transform))
        planned = plan(opened.header, transform, limits)
        metadata = select_metadata(opened.image.info, transform.metadata, anonymous=anonymous)
        if transform.trim is not None:
            content = _measure_content(opened.image, planned, transform.trim)
            planned = plan(opened.header, transform, limits, content)
        with _tolerance(original):
            return read(opened.image, planned, metadata)


@contextmanager
def _tolerance(original: Format) -> Iterator[None]:
    """Let a GIF with a damaged picture be shown as far as it can be decoded, as by browsers; the switch is global."""
    kept = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = original.name == "gif"
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = kept


def read(image: PillowImage, planned: Plan, metadata: Metadata) -> Picture:
    """Decode the planned pictures of an opened image. Raises whatever Pillow raises."""
    header, framing = planned.header, planned.framing
    picture = Picture(
        (),
        header.format,
        framing.layout,
        framing.box,
        framing.combined,
        header.profile,
        header.plays,
        metadata,
        quality=header.quality_for(framing),
        is_indexed=header.is_indexed,
    )
    return _read_animation(image, picture, planned) if planned.is_animation else _read_still(image, picture, planned)


def _measure_content(image: PillowImage, planned: Plan, tolerance: int) -> Region:
    """Decode the still, or the first picture of an animation, and return its region without plain edges."""
    from imaging.analysis.trimming import find_content  # noqa: PLC0415 - few images need it, and loading it slows a cold start

    if planned.is_animation:
        image.load()
        image = image.copy()  # the animation needs its own pixels again
    else:
        _seek(image, planned)
        image.load()
    return find_content(to_resizable(image), planned.framing.stored_region, tolerance)


def _read_still(image: PillowImage, picture: Picture, planned: Plan) -> Picture:
    _seek(image, planned)
    factors = _reduce(image, planned.reduction)
    if image.format == "JPEG" and not planned.finds_focus:
        size = stored_size(picture.layout.resampled, picture.orientation)
        resampled = resample_while_decoding(image, size, reduce_box(picture.box, factors, image.size))
        if resampled is not None:
            return replace(picture, frames=(Frame(resampled),), box=(0, 0, *size))
    image.load()
    converted = convert_sixteen(image, picture.profile) if picture.profile and planned.converts else None
    pixels = to_resizable(image) if converted is None else converted
    if converted is not None:
        picture = replace(picture, profile=None)
    if planned.finds_focus:
        picture = _focus(picture, planned.framing, pixels, factors)
    return replace(picture, frames=(Frame(pixels),), box=reduce_box(picture.box, factors, pixels.size))


def _read_animation(image: PillowImage, picture: Picture, planned: Plan) -> Picture:
    """Decode frame by frame, and keep only the resampled ones: whole ones would be gigabytes."""
    size = stored_size(picture.layout.resampled, picture.orientation)
    frames: list[Frame] = []
    for index in planned.pictures:
        image.seek(index)
        image.load()
        duration = min(max(round(image.info.get("duration") or 0), 0), MAX_DURATION)
        pixels = to_resizable(image.copy())
        if planned.finds_focus and not frames:
            picture = _focus(picture, planned.framing, pixels, WHOLE)
        frames.append(Frame(resample(pixels, size, picture.box), duration))
    return replace(picture, frames=tuple(frames), box=(0, 0, *size))


def _seek(image: PillowImage, planned: Plan) -> None:
    if planned.pictures.start:
        image.seek(planned.pictures.start)


def _reduce(image: PillowImage, reduction: Reduction | None) -> Factors:
    """Request the reduced size of the decoder; return the factors, of 1 where it reduces nothing (WebP by Pillow)."""
    if reduction is None:
        return WHOLE
    stored = image.size
    image.draft(None, reduction.size)
    return reduction.factors if image.size != stored else WHOLE


def _focus(picture: Picture, framing: Framing, pixels: PillowImage, factors: Factors) -> Picture:
    """Move the crop to the most interesting part of the pixels."""
    from imaging.analysis.focus import focus  # noqa: PLC0415 - as above

    framing = focus(framing, pixels, factors)
    return replace(picture, layout=framing.layout, box=framing.box)
