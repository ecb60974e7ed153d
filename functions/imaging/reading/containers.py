"""Sizes and frames of GIF and WebP files, read before Pillow, which allocates their canvases when it opens them."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_TRAILER, _EXTENSION, _IMAGE = 0x3B, 0x21, 0x2C
_CONTROL, _TO_BACKGROUND = 0xF9, 2
_DESCRIPTOR = 10
"""Bytes of an image's descriptor, without its table of colours."""

_USED_EXTENSION = re.compile(rb"!(?:\xf9\x04.{4}|\xff\x0bNETSCAPE2\.0\x03\x01..)\x00", re.DOTALL)
"""Durations, disposal and the loop count, matched strictly: after an empty block in one of them Pillow would parse from
a wrong place, and find images that were never measured."""


@dataclass(frozen=True, slots=True)
class Gif:
    """The canvas of a GIF in pixels, its frames, and its bytes without comments and foreign extensions."""

    width: int
    height: int
    frames: int
    data: bytes
    clears: bool = False
    """Whether parts of the canvas are or become empty: transparent in browsers, and in no specification."""


def read_gif(data: bytes, at_most: int) -> Gif:
    """Walk the blocks of a GIF, to its end or until there are more than `at_most` frames.

    Comments are left out, since Pillow joins their sub-blocks in quadratic time; the canvas is extended by frames that
    reach beyond the screen, as Pillow does. A file that ends early is shown as far as it goes, as by browsers: its last
    picture is completed with nothing. Raises IndexError or struct.error for a file that ends in its first table.
    (GIF89a specification, sections 17 to 27.)
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _table_bytes(flags)
    kept = [data[:position]]
    frames = 0
    covered = clears = False
    while frames <= at_most and position < len(data) and data[position] != _TRAILER:
        start = position
        if data[start] == _IMAGE:
            if start + _DESCRIPTOR > len(data):
                break
            left, top, columns, rows, flags = struct.unpack_from("<4HB", data, start + 1)
            position = _skip_blocks(data, start + _DESCRIPTOR + _table_bytes(flags) + 1)
            if start + _DESCRIPTOR + _table_bytes(flags) + 2 > len(data):
                break
            width, height = max(width, left + columns), max(height, top + rows)
            covered = covered or (frames == 0 and (left, top, columns, rows) == (0, 0, width, height))
            frames += 1
        elif data[start] == _EXTENSION:
            position = _skip_blocks(data, start + 2)
            if not _USED_EXTENSION.fullmatch(data, start, position):
                continue
            clears = clears or (data[start + 1] == _CONTROL and data[start + 3] >> 2 & 7 == _TO_BACKGROUND)
        else:
            position += 1
            continue
        kept.append(data[start:position])
    ending = bytes([0, _TRAILER]) if position > len(data) else bytes([_TRAILER])
    return Gif(width, height, frames, b"".join((*kept, ending)), clears or not covered)


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 128 else 0


def _skip_blocks(data: bytes, position: int) -> int:
    """Return the position behind a sequence of blocks, which is beyond the end of a file that lacks some of them."""
    while position < len(data) and (size := data[position]):
        position += size + 1
    return position + 1


def read_webp_size(data: bytes) -> tuple[int, int]:
    """Return the canvas of a WebP file in pixels (RFC 9649, sections 2.5 to 2.7); raise struct.error if it has none."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        width_low, width_high, height_low, height_high = struct.unpack_from("<HBHB", data, 24)
        return (width_low | width_high << 16) + 1, (height_low | height_high << 16) + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def read_webp_chunks(data: bytes, names: Container[bytes]) -> dict[bytes, bytes]:
    """Return the bodies of the chunks with these `names` (RFC 9649, section 2.3), the first one of each."""
    chunks: dict[bytes, bytes] = {}
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        if name in names:
            chunks.setdefault(name, data[position + 8 : position + 8 + size])
        position += 8 + size + (size & 1)
    return chunks
