"""Properties in the boxes of AVIF that its plugin does not report (ISO/IEC 14496-12; 23008-12, section 9.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Box: TypeAlias = tuple[bytes, bytes]
"""The type and the content of a box."""

_LONG, _TO_THE_END = 1, 0
_MOST_BOXES = 10_000
_INDEFINITE = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_REPEATING = 1


@dataclass(frozen=True, slots=True)
class Properties:
    """Of the primary image: CICP's colour primaries and transfer characteristics, None without or with a profile.

    `aperture` is the part to show, left, top, right and bottom in stored pixels, None for the whole. `plays` counts how
    often an animation is played, 0 for ever.
    """

    cicp: tuple[int, int] | None = None
    aperture: tuple[int, int, int, int] | None = None
    plays: int = 0


def read_properties(data: bytes) -> Properties:
    """Read the properties; what can't be read is missing."""
    try:
        found = dict(_properties_of_primary(data))
        return Properties(_read_cicp(found.get(b"colr", b"")), _read_aperture(found), _read_plays(data))
    except (struct.error, IndexError, ValueError, ZeroDivisionError):
        return Properties()


def _walk(data: bytes) -> Iterator[Box]:
    position = 0
    for _ in range(_MOST_BOXES):
        if position + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if size == _LONG:
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = len(data) if size == _TO_THE_END else position + size
        if end < start:
            raise ValueError("a box shorter than its header")
        yield kind, data[start:end] if kind != b"mdat" else b""
        position = end


def _find(data: bytes, *path: bytes) -> bytes:
    """Return the content of the first box at a path; b"" without."""
    for kind in path:
        data = next((body for name, body in _walk(data) if name == kind), b"")
    return data


def _properties_of_primary(data: bytes) -> Iterator[Box]:
    """Yield the properties of the primary item, of colours the last: those that a profile does not replace."""
    meta = _find(data, b"meta")[4:]
    primary = _find(meta, b"pitm")
    if not primary:
        return
    (item,) = struct.unpack_from(">I" if primary[0] else ">H", primary, 4)
    known = list(_walk(_find(meta, b"iprp", b"ipco")))
    found = [known[index - 1] for index in _associated(_find(meta, b"iprp", b"ipma"), item) if 0 < index <= len(known)]
    profiles = [body for name, body in found if name == b"colr" and body[:4] in (b"prof", b"rICC")]
    yield from ((name, body) for name, body in found if name != b"colr" or not profiles)


def _associated(table: bytes, wanted: int) -> Iterator[int]:
    version, wide = table[0], table[3] & 1
    (entries,) = struct.unpack_from(">I", table, 4)
    position = 8
    for _ in range(min(entries, _MOST_BOXES)):
        (item,) = struct.unpack_from(">I" if version else ">H", table, position)
        position += 4 if version else 2
        count = table[position]
        position += 1
        for _ in range(count):
            (index,) = struct.unpack_from(">H" if wide else ">B", table, position)
            position += 2 if wide else 1
            if item == wanted:
                yield index & (0x7FFF if wide else 0x7F)


def _read_cicp(body: bytes) -> tuple[int, int] | None:
    if body[:4] != b"nclx":
        return None
    primaries, transfer = struct.unpack_from(">HH", body, 4)
    return primaries, transfer


def _read_aperture(found: dict[bytes, bytes]) -> tuple[int, int, int, int] | None:
    """Return the clean aperture (14496-12, section 12.1.4), if it has whole pixels within the image."""
    if b"clap" not in found or b"ispe" not in found:
        return None
    width, height = struct.unpack_from(">II", found[b"ispe"], 4)
    *sizes, across, across_by, down, down_by = struct.unpack_from(">4I i I i I", found[b"clap"])
    columns, rows = Fraction(sizes[0], sizes[1]), Fraction(sizes[2], sizes[3])
    left = Fraction(across, across_by) + Fraction(width - columns, 2)
    top = Fraction(down, down_by) + Fraction(height - rows, 2)
    box = (left, top, left + columns, top + rows)
    inside = 0 <= left < box[2] <= width and 0 <= top < box[3] <= height
    if not inside or any(edge.denominator != 1 for edge in box):
        return None
    return int(box[0]), int(box[1]), int(box[2]), int(box[3])


def _read_plays(data: bytes) -> int:
    """Return how often the track is played: its duration in those of its edit list, if that repeats (section 8.6.6)."""
    track = _find(data, b"moov", b"trak")
    edits, header = _find(track, b"edts", b"elst"), _find(track, b"tkhd")
    if not edits or not header:
        return 0
    if not edits[3] & _REPEATING:
        return 1
    (once,) = struct.unpack_from(">Q" if edits[0] else ">I", edits, 8)
    (whole,) = struct.unpack_from(">Q" if header[0] else ">I", header, 28 if header[0] else 20)
    return 0 if whole in _INDEFINITE or not once else max(1, -(-whole // once))
