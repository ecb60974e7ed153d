"""From stored pixels to the visible image: orientation, crop, quarter turns, flips, layout."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from grammar.errors import MalformedTransform
from grammar.syntax import write
from imaging.layout.geometry import QUARTER, Layout, divide, lay_out
from imaging.layout.orientation import UPRIGHT, compose, invert, stored_box, stored_size

if TYPE_CHECKING:
    from decimal import Decimal

    from grammar.transform import Transform
    from imaging.layout.geometry import Box, Size

Region: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom, in whole pixels of the upright original."""

_QUARTERS = {0: UPRIGHT, 1: 6, 2: 3, 3: 8}
"""Quarter turns clockwise -> the orientation with that effect."""

_FLIPS = {None: UPRIGHT, "h": 2, "v": 4, "hv": 3}


@dataclass(frozen=True, slots=True)
class Framing:
    """An original of the stored size `size` has EXIF's `orientation`; of the upright image the `region` is kept.

    The region is turned and flipped by the orientation `turn`, and then laid out.
    """

    size: Size
    orientation: int
    region: Region
    turn: int
    layout: Layout

    @property
    def part(self) -> Size:
        """The region's size."""
        left, top, right, bottom = self.region
        return right - left, bottom - top

    @property
    def combined(self) -> int:
        """The orientation that the stored pixels have in all: EXIF's and the transform's."""
        return compose(self.orientation, self.turn)

    @property
    def stored_region(self) -> Region:
        """The region in stored pixels."""
        return _whole(stored_box(self.region, self.size, self.orientation))

    @property
    def box(self) -> Box:
        """The part that is kept, in stored pixels."""
        kept = stored_box(self.layout.kept(stored_size(self.part, self.turn)), self.part, self.turn)
        x, y = self.region[:2]
        left, top, right, bottom = kept
        upright = stored_size(self.size, self.orientation)
        box = left + x, top + y, min(right + x, upright[0]), min(bottom + y, upright[1])
        return stored_box(box, self.size, self.orientation)

    def crop_at(self, crop: tuple[int, int]) -> Framing:
        """Return the framing with the crop of `cover` at another place."""
        return replace(self, layout=replace(self.layout, crop=crop))


def frame(size: Size, orientation: int, transform: Transform) -> Framing:
    """Return the framing of an original of the stored `size`; `orientation` is EXIF's.

    Raises MalformedTransform for a crop outside of the image.
    """
    if transform.orient == "none":
        orientation = UPRIGHT
    return frame_region(size, orientation, transform, crop_region(stored_size(size, orientation), transform))


def narrow(framing: Framing, transform: Transform, stored: Region) -> Framing:
    """Return the framing of a smaller region, which is given in stored pixels."""
    upright = stored_size(framing.size, framing.orientation)
    region = _whole(stored_box(stored, upright, invert(framing.orientation)))
    return frame_region(framing.size, framing.orientation, transform, region)


def _whole(box: Box) -> Region:
    left, top, right, bottom = (round(edge) for edge in box)
    return left, top, right, bottom


def frame_region(size: Size, orientation: int, transform: Transform, region: Region) -> Framing:
    """Return the framing of a `region` of the upright original."""
    turn = compose(_QUARTERS[int(transform.rotate // QUARTER)], _FLIPS[transform.flip])
    part = (region[2] - region[0], region[3] - region[1])
    return Framing(size, orientation, region, turn, lay_out(stored_size(part, turn), transform))


def crop_region(size: Size, transform: Transform) -> Region:
    """Return the region of the upright original that `crop` names, without the part outside of the image."""
    if transform.crop is None:
        return 0, 0, *size
    x, y, width, height = transform.crop
    left, right = _span(size[0], x, width)
    top, bottom = _span(size[1], y, height)
    if left >= size[0] or top >= size[1]:
        reason = f"the crop is outside of the original, which has {size[0]} x {size[1]} pixels"
        raise MalformedTransform(f"crop={write(transform.crop)}", reason)
    return left, top, right, bottom


def _span(whole: int, start: int | Decimal, length: int | Decimal) -> tuple[int, int]:
    """Return the start and end of a part of a side, at least one pixel apart."""
    begin, end = (_pixels(whole, edge) for edge in (start, start + length))
    return begin, min(max(end, begin + 1), whole)


def _pixels(whole: int, edge: int | Decimal) -> int:
    if isinstance(edge, int):
        return edge
    numerator, denominator = edge.as_integer_ratio()
    return divide(whole * numerator, denominator)
