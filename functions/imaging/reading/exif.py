"""The orientation in an EXIF block."""

from __future__ import annotations

import struct

from imaging.layout.orientation import UPRIGHT

ORIENTATION_TAG = 274
_SHORT = 3
_ORIENTATIONS = range(UPRIGHT, 9)


def read_orientation(exif: bytes) -> int:
    """Return the orientation that an EXIF block of untrusted bytes declares, 1 if it declares none.

    Only the first directory is searched: it describes the main image. (Pillow's reader parses the whole block, and
    takes longer.)
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
                return value if value in _ORIENTATIONS else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT
