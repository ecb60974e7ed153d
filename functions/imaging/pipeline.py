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
    resize,  # first: all other steps then have few pixels to process
    orient,  # before all steps to which up and down matter
    to_srgb,  # before colours of the request are mixed with the image's
    rotate,  # after the colours are in a mode that can have alpha, for the corners
    pixelate,
    blur,
    adjust_tone,
    sharpen,  # after the steps that soften
    fill_background,  # after the effects on the image, which bars are not part of
    draw_watermark,  # on the bars too, and in its own colours
    draw_text,
    draw_border,
    fade,
    flatten,  # last: corners and faded pixels show the background
)


def apply(picture: Picture, transform: Transform, watermark: Image | None = None) -> Picture:
    """Return the picture after all steps, ready to be encoded.

    `watermark` is the one that the transform names, as `imaging.watermark.open_watermark` returned it. Raises
    ValueError where only one of the two is given: no image may ever be stored without the watermark that its key names.
    """
    if (watermark is None) != (transform.watermark is None):
        raise ValueError("a watermark was passed without a transform that names one, or the reverse")
    picture = replace(picture, watermark=watermark)
    for step in PIPELINE:
        picture = step(picture, transform)
    return picture
