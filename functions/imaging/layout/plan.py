"""What to decode of an original, planned from its header alone: which frames, which part, at which size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from grammar.errors import MalformedTransform
from imaging.formats import output_format
from imaging.layout.framing import frame, narrow
from imaging.layout.geometry import REDUCING_GAP
from imaging.layout.orientation import stored_size

if TYPE_CHECKING:
    from grammar.transform import Transform
    from imaging.formats import Format
    from imaging.layout.framing import Framing, Region
    from imaging.layout.geometry import Box, Size
    from imaging.limits import Limits

Factors: TypeAlias = tuple[float, float]
"""What a reduced decode divides the stored width and height by."""

WHOLE: Factors = (1, 1)

_LEAST_WEBP_REDUCTION = 2
"""libwebp's averaging by less than this takes more time than the smaller image saves."""

_AVERAGING = 2
"""A reduction by this averages artefacts away, and a higher quality than the original's is worth its bytes."""

_ROUNDING = 1e-6
"""Edges of boxes are fractions: a factor that is computed as 1.9999999 means 2."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file declares: `size` is as stored, `orientation` EXIF's, `profile` the ICC profile.

    `frames` is 1 for a still, and counts no further than was asked for; `hidden` is 1 where the file's first picture is
    not a frame (APNG's default image). An animation is played `plays` times (0: for ever). `codec` is Pillow's name of
    the decoder: JPEG's for a JPEG XL file that contains a JPEG.
    """

    format: Format
    codec: str
    size: Size
    frames: int
    hidden: int
    has_alpha: bool
    orientation: int
    profile: bytes | None
    plays: int
    quality: int | None = None
    """The quality of a JPEG, on that scale; None for other files."""

    is_indexed: bool = False
    """Whether its pixels are of a palette, or of fewer than 8 bits."""

    def quality_for(self, framing: Framing) -> int | None:
        """Return the highest quality that makes sense for a result of about the original's own pixels."""
        return self.quality if _factor(framing) < _AVERAGING else None


@dataclass(frozen=True, slots=True)
class Reduction:
    """A decode at a fraction of the size: the `size` to request of the decoder, and its factors."""

    size: Size
    factors: Factors


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decoded: `pictures` by their index in the file, one for a still, and of each what `framing` keeps.

    `reduction` is None where the original is decoded at its own size. With `finds_focus`, the crop is placed by the
    pixels, as `gravity=auto` asks for.
    """

    header: Header
    pictures: range
    is_animation: bool
    framing: Framing
    reduction: Reduction | None
    finds_focus: bool
    converts: bool = True
    """Whether colours are to become sRGB."""


def frames_needed(original: Format, transform: Transform) -> int | None:
    """Return how many frames of an original matter, from the first on; None for all."""
    return None if _moves(original, transform) else (transform.frame or 0) + 1


def plan(header: Header, transform: Transform, limits: Limits, content: Region | None = None) -> Plan:
    """Return what to decode for a transform.

    Where `trim` is given, pixels decide what is kept: plan without `content`, decode the first picture, measure it
    within `framing.stored_region`, and plan again with the region found. Raises MalformedTransform for a frame that the
    original does not have and for a crop outside of it, and TooLarge for results beyond the limits, before any pixel is
    decoded (with `trim` in the second call).
    """
    index = transform.frame or 0
    if header.frames <= index:
        raise MalformedTransform(f"frame={index}", f"the original has {header.frames} frames, the first being 0")
    first = index + header.hidden if transform.frame is not None else 0
    count = header.hidden + header.frames if _moves(header.format, transform) else 1
    pictures = range(header.hidden, count) if count > 1 else range(first, first + 1)
    framing = frame(header.size, header.orientation, transform)
    if content is not None:
        framing = narrow(framing, transform, content)
    if content is not None or transform.trim is None:
        target = output_format(transform, header.format)
        for size in framing.layout.sizes:
            limits.check_result(*size, count, target)
    reduction = None if count > 1 or transform.trim is not None else _reduce(header, framing)
    finds_focus = transform.gravity == "auto" and transform.fit == "cover"
    converts = transform.profile != "keep" or transform.gray
    return Plan(header, pictures, count > 1, framing, reduction, finds_focus, converts)


def reduce_box(box: Box, factors: Factors, size: Size) -> Box:
    """Return where a box of the stored pixels is in pixels of that `size`, to which a reduced decode brought them."""
    left, top, right, bottom = (edge / by for edge, by in zip(box, factors * 2, strict=True))
    return left, top, min(right, size[0]), min(bottom, size[1])


def _moves(original: Format, transform: Transform) -> bool:
    return output_format(transform, original).animates and transform.animate and transform.frame is None


def _reduce(header: Header, framing: Framing) -> Reduction | None:
    reduce = {"JPEG": _reduce_jpeg, "WEBP": _reduce_webp}.get(header.codec)
    return reduce and reduce(header.size, _factor(framing))


def _reduce_jpeg(size: Size, factor: float) -> Reduction | None:
    """Return the decode at a half, a quarter or an eighth, if that is enough.

    One step less where the factor is only just reached: the resampling has something to do then, and the result is as
    sharp as from all the pixels (as in sharp's pipeline).
    """
    factor = int(factor + _ROUNDING)
    step = next((step for step in (8, 4, 2) if factor >= step), 1)
    if step == factor:
        step = max(1, step // 2)
    return Reduction((size[0] // step, size[1] // step), (step, step)) if step > 1 else None


def _reduce_webp(size: Size, factor: float) -> Reduction | None:
    """Return the decode at twice the final size, since libwebp averages by any factor."""
    by = factor / REDUCING_GAP
    if by < _LEAST_WEBP_REDUCTION:
        return None
    width, height = max(1, round(size[0] / by)), max(1, round(size[1] / by))
    return Reduction((width, height), (size[0] / width, size[1] / height))


def _factor(framing: Framing) -> float:
    """Return the factor by which the resampling reduces what is kept."""
    width, height = stored_size(framing.layout.resampled, framing.combined)
    left, top, right, bottom = framing.box
    return min((right - left) / width, (bottom - top) / height)
