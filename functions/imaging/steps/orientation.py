"""Turn the image upright, after the resampling: it then has few pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imaging.layout.orientation import UPRIGHT
from imaging.pixels import turn

if TYPE_CHECKING:
    from grammar.transform import Transform
    from imaging.picture import Picture


def orient(picture: Picture, _: Transform) -> Picture:
    """Turn and flip every frame by `picture.orientation`, which combines EXIF's and the transform's."""
    return replace(picture.map(lambda image: turn(image, picture.orientation)), orientation=UPRIGHT)
