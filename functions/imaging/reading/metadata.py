"""The metadata of an original that a derivative may keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PIL import Image

from imaging.picture import NOTHING, Metadata
from imaging.reading.exif import ORIENTATION_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 65_000
"""The maximum of bytes of EXIF, and of XMP, that is kept: a little less than the size of a JPEG segment."""

_ARTIST, _COPYRIGHT = 315, 33432

_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:=["']|>)\s*)[2-8]""")
_XMP_THUMBNAIL = re.compile(rb"""(xmpGImg:image(?:=["']|>))[^"'<]+""")


def select_metadata(info: Mapping[Any, Any], keep: str) -> Metadata:
    """Return the metadata to keep of an image's `info`: `none`, `copyright` (with the artist) or `all`.

    EXIF is untrusted and is rebuilt: without its orientation, because the pixels are upright, and without its
    thumbnail, which would show parts that were cropped. XMP's orientation becomes 1, and its thumbnails empty.
    Unreadable metadata is dropped.
    """
    if keep == "none":
        return NOTHING
    exif = _rewrite(info.get("exif") or b"", only=(_ARTIST, _COPYRIGHT) if keep == "copyright" else ())
    xmp = info.get("xmp") or b""
    if keep == "copyright" or not isinstance(xmp, bytes) or len(xmp) > _LARGEST or not _is_text(xmp):
        xmp = b""
    return Metadata(exif, _XMP_THUMBNAIL.sub(rb"\1", _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)))


def _rewrite(exif: bytes, only: tuple[int, ...]) -> bytes:
    if not exif or len(exif) > _LARGEST:
        return b""
    try:
        found = Image.Exif()
        found.load(exif)
        for tag in list(found):
            if tag == ORIENTATION_TAG or (only and tag not in only):
                del found[tag]
        written = found.tobytes() if len(found) else b""
        Image.Exif().load(written)
    except Exception:  # noqa: BLE001 - hostile bytes make Pillow's reader and writer raise nearly anything
        return b""
    return written if len(written) <= _LARGEST else b""


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
