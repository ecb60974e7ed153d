"""The metadata of an original that a derivative may keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PIL import Image

from imaging.picture import NOTHING, Metadata
from imaging.reading.exif import ORIENTATION_TAG

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_LARGEST = 65_000
"""The maximum of bytes of EXIF, and of XMP, that is kept: a little less than the size of a JPEG segment."""

_ARTIST, _COPYRIGHT = 315, 33432
_EXIF_IFD = 34665

_ANONYMOUS = frozenset({270, 271, 272, 282, 283, 296, 306, _ARTIST, _COPYRIGHT})
"""Tags of an anonymous EXIF: description, maker, model, resolution, date, artist and copyright."""
_ANONYMOUS_EXPOSURE = frozenset(
    {33434, 33437, 34850, 34855, 36864, 36867, 36868, 37377, 37378, 37379, 37380, 37381, 37383, 37384, 37385, 37386}
    | {40961, 41986, 41987, 41988, 41989, 41990, 42034, 42035, 42036}
)
"""The same in its Exif IFD: exposure, dates, focal length, flash and the lens, by Exif 2.32, table 7. What is kept is
listed, because places and serial numbers are in GPS's IFD, in four tags, and anywhere in makers' notes."""

_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:=["']|>)\s*)[2-8]""")
_XMP_THUMBNAIL = re.compile(rb"""(xmpGImg:image(?:=["']|>))[^"'<]+""")


def select_metadata(info: Mapping[Any, Any], keep: str, *, anonymous: bool = False) -> Metadata:
    """Return the metadata to keep of an image's `info`: `none`, `copyright` (with the artist) or `all`.

    With `anonymous`, `all` has no GPS, no serial numbers, no makers' notes, and no XMP.

    EXIF is untrusted and is rebuilt: without its orientation, because the pixels are upright, and without its
    thumbnail, which would show parts that were cropped. XMP's orientation becomes 1, and its thumbnails empty.
    Unreadable metadata is dropped.
    """
    if keep == "none":
        return NOTHING
    only: Collection[int] = ()
    if keep == "copyright":
        only = (_ARTIST, _COPYRIGHT)
    elif anonymous:
        only = _ANONYMOUS | {_EXIF_IFD}
    exif = _rewrite(info.get("exif") or b"", only)
    xmp = info.get("xmp") or b""
    if only or not isinstance(xmp, bytes) or len(xmp) > _LARGEST or not _is_text(xmp):
        xmp = b""
    return Metadata(exif, _XMP_THUMBNAIL.sub(rb"\1", _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)))


def _rewrite(exif: bytes, only: Collection[int]) -> bytes:
    if not exif or len(exif) > _LARGEST:
        return b""
    try:
        found = Image.Exif()
        found.load(exif)
        for tag in list(found):
            if tag == ORIENTATION_TAG or (only and tag not in only):
                del found[tag]
        if only and _EXIF_IFD in found:
            exposure = found.get_ifd(_EXIF_IFD)
            found[_EXIF_IFD] = {tag: value for tag, value in exposure.items() if tag in _ANONYMOUS_EXPOSURE}
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
