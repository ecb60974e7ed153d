"""Turn the image as EXIF's orientation (CIPA DC-008, tag 274) and the request say, after it was made small."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL.Image import Transpose

if TYPE_CHECKING:
    from PIL.Image import Image

    from grammar.transform import Transform
    from imaging.layout.geometry import Box, Size
    from imaging.picture import Picture

UPRIGHT = 1
ORIENTATION_TAG, _SHORT = 274, 3
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_MATRICES = {
    UPRIGHT: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, -1, 1, 0),
    7: (0, -1, -1, 0),
    8: (0, 1, -1, 0),
}
"""Orientation -> the matrix from the stored to the seen, row by row; x goes right, y goes down."""

_SWAPPED = (5, 6, 7, 8)
_STORED_FROM_RIGHT = (2, 3, 7, 8)
_STORED_FROM_BOTTOM = (3, 4, 6, 7)


def orient(picture: Picture, _: Transform) -> Picture:
    """Turn every frame upright."""
    return replace(picture.map(lambda image: turn(image, picture.orientation)), orientation=UPRIGHT)


def turn(image: Image, orientation: int) -> Image:
    """Return an image as it is to be seen, itself if it is upright."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def compose(first: int, second: int) -> int:
    """Return the orientation that turns as `first` does and then as `second` does."""
    a, b, c, d = _MATRICES[second]
    e, f, g, h = _MATRICES[first]
    product = (a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)
    return next(orientation for orientation, matrix in _MATRICES.items() if matrix == product)


def invert(orientation: int) -> int:
    """Return the orientation that turns back."""
    return {6: 8, 8: 6}.get(orientation, orientation)


def stored_size(size: Size, orientation: int) -> Size:
    """Return the size as stored for one as seen, and the other way round."""
    return (size[1], size[0]) if orientation in _SWAPPED else size


def stored_box(box: Box, size: Size, orientation: int) -> Box:
    """Return where the `box` that the viewer sees is in the pixels as stored, `size` being the stored size."""
    left, top, right, bottom = box
    if orientation in _SWAPPED:
        left, top, right, bottom = top, left, bottom, right
    if orientation in _STORED_FROM_RIGHT:
        left, right = size[0] - right, size[0] - left
    if orientation in _STORED_FROM_BOTTOM:
        top, bottom = size[1] - bottom, size[1] - top
    return left, top, right, bottom


def read_orientation(exif: bytes) -> int:
    """Return the orientation that an EXIF block of untrusted bytes declares, 1 if it declares none.

    Only the first directory is searched: it has the main image's. (Pillow's reader parses all of it, and takes longer.)
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == ORIENTATION_TAG and kind == _SHORT:
                return value if value in _TURNS else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT
