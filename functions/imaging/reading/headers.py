"""Facts in headers that Pillow's parsers don't report before they decode."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_LENGTHS = (9, 13, 18, 30)
_JXL_SIGNATURE = b"\xff\x0a"
_JXL_HEADER = 24
"""Bytes with all fields that are read: two sizes of at most 68 bits, and seven bits."""
_WHOLE_CODESTREAM, _PART_OF_CODESTREAM = b"jxlc", b"jxlp"
_LONG_BOX, _LAST_BOX = 1, 0

_PNG = b"\x89PNG\r\n\x1a\n"
_CORE_HEADER = 12
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_FILL = 0xFF
_START_OF_SCAN = 0xDA
_WITH_LENGTH = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xF0), 0xFE} - {0xC8})
"""The markers that Pillow takes for the start of a segment."""

_TIFF_HEADER, _TAG = 8, 12
_BYTES_OF_TYPES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
"""Of one value (TIFF 6.0, section 2; 13 and 16 are of its supplements)."""
_IN_THE_TAG = 4
"""The maximum of bytes of values that are stored in the tag itself."""
_SHARED = 2
"""How many times the file's size all values may have: some writers let two tags share one, such as both resolutions."""


class _Bits:
    """Bits of a number, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        return taken


def read_jxl_size(data: bytes) -> tuple[int, int]:
    """Return the stored size of a JPEG XL image in pixels (ISO/IEC 18181-1, annex D.2).

    Raises struct.error, or ValueError for a file without a codestream.
    """
    return _take_jxl_size(_open_codestream(data))


def is_plain_jxl(data: bytes) -> bool:
    """Return whether a JPEG XL image is a still without a preview (ISO/IEC 18181-1, annex D.3.1).

    Raises what `read_jxl_size` does.
    """
    bits = _open_codestream(data)
    _take_jxl_size(bits)
    has_defaults, has_extra_fields = bits.take(1), bits.take(1)
    if has_defaults or not has_extra_fields:
        return True
    bits.take(3)  # the orientation
    if bits.take(1):
        _take_jxl_size(bits)  # the intrinsic one
    has_preview, is_animated = bits.take(1), bits.take(1)  # the second is another field after a preview's size
    return not has_preview and not is_animated


def _open_codestream(data: bytes) -> _Bits:
    start = _find_codestream(data)
    if data[start : start + 2] != _JXL_SIGNATURE:
        raise ValueError("no codestream")
    return _Bits(data[start + 2 : start + 2 + _JXL_HEADER])


def _take_jxl_size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)

    def side() -> int:
        return (bits.take(5) + 1) * 8 if small else bits.take(_LENGTHS[bits.take(2)]) + 1

    height = side()
    ratio = bits.take(3)
    if not ratio:
        return side(), height
    numerator, denominator = _RATIOS[ratio - 1]
    return height * numerator // denominator, height


def _find_codestream(data: bytes) -> int:
    """Return the offset of the codestream: 0, or in one of the boxes (ISO/IEC 18181-2)."""
    if data[:2] == _JXL_SIGNATURE:
        return 0
    position = 0
    while True:
        size, kind = struct.unpack_from(">I4s", data, position)
        body = position + 8
        if size == _LONG_BOX:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        if kind == _WHOLE_CODESTREAM:
            return body
        if kind == _PART_OF_CODESTREAM:
            return body + 4
        if size == _LAST_BOX or position + size < body:
            raise ValueError("no codestream")
        position += size


@dataclass(frozen=True, slots=True)
class Icon:
    """The largest image of an icon file, as a PNG file or as an icon file of that image alone; its size in pixels."""

    width: int
    height: int
    is_png: bool
    data: bytes


def read_ico(data: bytes) -> Icon:
    """Pick the image with most pixels, then most bits, and read its size from its own header, which may differ.

    Raises struct.error for a file without an image.
    """
    (count,) = struct.unpack_from("<H", data, 4)
    entries = [struct.unpack_from("<BBBBHHII", data, 6 + 16 * index) for index in range(count)]
    best = max(entries, key=lambda entry: ((entry[0] or 256) * (entry[1] or 256), entry[5]), default=())
    *fields, length, offset = best or struct.unpack_from("<BBBBHHII", b"")
    body = data[offset : offset + length]
    if body.startswith(_PNG):
        width, height = struct.unpack_from(">II", body, 16)
        return Icon(width, height, is_png=True, data=body)
    (size,) = struct.unpack_from("<I", body)
    width, height = struct.unpack_from("<HH" if size == _CORE_HEADER else "<ii", body, 4)
    alone = data[:4] + struct.pack("<HBBBBHHII", 1, *fields, length, 22) + body
    return Icon(abs(width), abs(height) // 2, is_png=False, data=alone)


def has_overlapping_tags(tiff: bytes) -> bool:
    """Return whether the values of a TIFF's (or EXIF's) first directory overlap.

    Pillow copies each value when it reads a directory, so that a megabyte with thousands of overlapping values becomes
    gigabytes. The search stops at the first value that is cut off by the end of the file, as Pillow does.
    """
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < _TIFF_HEADER:
        return False
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack(f"{order}H", tiff[directory : directory + 2].ljust(2, b"\0"))
    tags = tiff[directory + 2 : directory + 2 + _TAG * count]
    taken = 0
    for _, kind, number, offset in struct.iter_unpack(f"{order}HHII", tags[: len(tags) // _TAG * _TAG]):
        size = number * _BYTES_OF_TYPES.get(kind, 0)
        if size > _IN_THE_TAG:
            if offset + size > len(tiff):
                break
            taken += size
    return taken > _SHARED * len(tiff)


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """The bits of a JPEG's samples, 0 if unknown; and the steps that Pillow's reader takes to the image."""

    bits: int
    steps: int


def read_jpeg_header(data: bytes, at_most: int) -> JpegHeader:
    """Walk a JPEG's segments as Pillow does (ITU-T T.81, annex B), until there are more than `at_most` steps.

    A step is a segment, or a byte between segments.
    """
    position, bits, steps = 2, 0, 0
    while steps <= at_most:
        start = data.find(_FILL, position)
        if start < 0 or start + 4 >= len(data):
            break
        steps += start - position + 1
        marker = data[start + 1]
        if marker == _START_OF_SCAN:
            break
        if marker in _START_OF_FRAME:
            bits = bits or data[start + 4]
        if marker in _WITH_LENGTH:
            position = start + 2 + max(2, int.from_bytes(data[start + 2 : start + 4]))
        else:
            position = start + (1 if marker == _FILL else 2)
    return JpegHeader(bits, steps)
