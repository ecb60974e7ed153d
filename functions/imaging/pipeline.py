"""The order of operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from grammar.transform import Transform
from imaging.picture import Picture
from imaging.steps.background import fade, fill_background, flatten
from imaging.steps.blur import blur, pixelate, sharpen
from imaging.steps.border import draw_border
from imaging.steps.colour import to_srgb
from imaging.steps.orientation import orient
from imaging.steps.resize import resize
from imaging.steps.rotation import rotate
from imaging.steps.text import draw_text
from imaging.steps.tone import adjust_tone
from imaging.steps.watermark import draw_watermark

if TYPE_CHECKING:
    from PIL.Image import Image

Step: TypeAlias = Callable[[Picture, Transform], Picture]

PIPELINE: tuple[Step, ...] = (
    resize,  # first: all others then have few pixels to work on
    orient,  # before anything that knows up from down
    to_srgb,  # before colours of the request's are mixed with the image's
    rotate,  # after the colours are in a mode that has alpha, for the corners
    pixelate,
    blur,
    adjust_tone,
    sharpen,  # after whatever softens
    fill_background,  # after all that is done to the image, since bars are no part of it
    draw_watermark,  # on the bars too, and with the colours that it has
    draw_text,
    draw_border,
    fade,
    flatten,  # last: corners and what faded show the background
)


def apply(picture: Picture, transform: Transform, watermark: Image | None = None) -> Picture:
    """Return the picture as the transform wants it, ready to be encoded.

    The `watermark` is that of the transform, as `imaging.watermark.open_watermark` returned it. Raises ValueError where
    there is one and not the other: nothing may ever be stored without the watermark that its name promises.
    """
    if (watermark is None) != (transform.watermark is None):
        raise ValueError("a watermark without a transform that asks for it, or the other way round")
    picture = replace(picture, watermark=watermark)
    for step in PIPELINE:
        picture = step(picture, transform)
    return picture
