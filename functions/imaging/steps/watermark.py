"""Draw the watermark over every frame, once or repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from imaging.layout.geometry import fit_inside
from imaging.resampling import resample
from imaging.steps.colour import from_srgb
from imaging.steps.overlay import composite, inner_size, measure_margin, place

if TYPE_CHECKING:
    from decimal import Decimal

    from grammar.transform import Transform
    from imaging.layout.geometry import Size
    from imaging.picture import Picture

_OPAQUE = 255


def draw_watermark(picture: Picture, transform: Transform) -> Picture:
    """Scale the watermark to its fraction of the canvas, and composite it."""
    if picture.watermark is None:
        return picture
    canvas = picture.layout.canvas
    margin = measure_margin(canvas, transform.wm_margin)
    space = inner_size(canvas, margin)
    size = fit_inside(picture.watermark.size, (max(1, min(round(canvas[0] * transform.wm_scale), space[0])), space[1]))
    mark = resample(picture.watermark, size, (0, 0, *picture.watermark.size))
    if picture.profile:
        mark = from_srgb(mark, picture.profile)
    layer = _fade(mark, transform.wm_opacity)
    at = place(canvas, size, transform.wm_gravity, margin)
    if transform.wm_tile:
        layer, at = _tile(layer, canvas, margin), (0, 0)
    return picture.map(lambda image: composite(image, layer, at))


def _fade(mark: Image.Image, opacity: Decimal) -> Image.Image:
    """Return the mark in mode LA or RGBA, its alpha multiplied by the opacity."""
    faded = mark.convert("LA" if mark.mode in ("L", "LA") else "RGBA")
    faded.putalpha(faded.getchannel("A").point([round(level * float(opacity)) for level in range(_OPAQUE + 1)]))
    return faded


def _tile(mark: Image.Image, canvas: Size, gap: int) -> Image.Image:
    """Fill a canvas with repetitions of the mark, one of which is centred.

    The filled part is doubled until it is large enough, so that the time does not depend on the mark's size.
    """
    across, down = mark.width + gap, mark.height + gap
    left = (canvas[0] - mark.width) // 2 % across
    top = (canvas[1] - mark.height) // 2 % down
    plane = Image.new(mark.mode, canvas)
    for x, y in ((left - across, top - down), (left, top - down), (left - across, top), (left, top)):
        plane.paste(mark, (x, y))
    while across < canvas[0]:
        plane.paste(plane.crop((0, 0, min(across, canvas[0] - across), min(down, canvas[1]))), (across, 0))
        across *= 2
    while down < canvas[1]:
        plane.paste(plane.crop((0, 0, canvas[0], min(down, canvas[1] - down))), (0, down))
        down *= 2
    return plane
