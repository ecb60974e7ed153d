"""The eight orientations of EXIF (CIPA DC-008, tag 274): how they combine, and where sizes and boxes are as stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imaging.layout.geometry import Box, Size

UPRIGHT = 1
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
"""Orientation -> the matrix from stored to upright coordinates, row by row; x goes right, y goes down."""

_SWAPPED = (5, 6, 7, 8)
_STORED_FROM_RIGHT = (2, 3, 7, 8)
_STORED_FROM_BOTTOM = (3, 4, 6, 7)


def compose(first: int, second: int) -> int:
    """Return the orientation that has the effect of `first` followed by `second`."""
    a, b, c, d = _MATRICES[second]
    e, f, g, h = _MATRICES[first]
    product = (a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)
    return next(orientation for orientation, matrix in _MATRICES.items() if matrix == product)


def invert(orientation: int) -> int:
    """Return the orientation that undoes this one."""
    return {6: 8, 8: 6}.get(orientation, orientation)


def stored_size(size: Size, orientation: int) -> Size:
    """Return the stored size of an image of the upright `size`, and the other way round."""
    return (size[1], size[0]) if orientation in _SWAPPED else size


def stored_box(box: Box, size: Size, orientation: int) -> Box:
    """Return the `box` of the upright image in the coordinates of the stored pixels; `size` is the stored size."""
    left, top, right, bottom = box
    if orientation in _SWAPPED:
        left, top, right, bottom = top, left, bottom, right
    if orientation in _STORED_FROM_RIGHT:
        left, right = size[0] - right, size[0] - left
    if orientation in _STORED_FROM_BOTTOM:
        top, bottom = size[1] - bottom, size[1] - top
    return left, top, right, bottom
