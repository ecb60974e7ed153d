"""Find the content of an image within its plain edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageChops

from imaging.pixels import PREMULTIPLIED, in_mode

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from imaging.layout.framing import Region

_BAND = 256
"""Rows that are compared at a time: memory then depends on the width only."""


def find_content(image: PillowImage, region: Region, tolerance: int) -> Region:
    """Return the smallest region within `region` that has all pixels different from that in its upper left corner.

    A pixel is different if a channel differs by more than `tolerance`, of 255; transparent pixels have no colour.
    Returns the whole region if no pixel is.
    """
    left, top, right, bottom = region
    corner = _premultiply(image.crop((left, top, left + 1, top + 1))).getpixel((0, 0))
    found: list[Region] = []
    for start in range(top, bottom, _BAND):
        band = _premultiply(image.crop((left, start, right, min(start + _BAND, bottom))))
        box = _differing(band, corner, tolerance)
        if box:
            found.append((left + box[0], start + box[1], left + box[2], start + box[3]))
    if not found:
        return region
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _premultiply(image: PillowImage) -> PillowImage:
    return in_mode(image, PREMULTIPLIED.get(image.mode, image.mode))


def _differing(band: PillowImage, corner: object, tolerance: int) -> Region | None:
    difference = ImageChops.difference(band, Image.new(band.mode, band.size, corner))  # type: ignore[arg-type] # of its mode
    most, *others = difference.split()
    for other in others:
        most = ImageChops.lighter(most, other)
    return most.point([0 if level <= tolerance else 255 for level in range(256)]).getbbox()
