"""Scale and crop, in one resampling."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imaging.layout.orientation import stored_size
from imaging.resampling import resample

if TYPE_CHECKING:
    from grammar.transform import Transform
    from imaging.picture import Picture


def resize(picture: Picture, _: Transform) -> Picture:
    """Resample `picture.box` of every frame to its final size; the pixels keep their stored orientation."""
    size = stored_size(picture.layout.resampled, picture.orientation)
    resized = picture.map(lambda image: resample(image, size, picture.box))
    return replace(resized, box=(0, 0, *size))
