"""The chunks of a PNG file: what Pillow is given, and what it doesn't report (https://www.w3.org/TR/png-3/)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from imaging.colours import cicp_profile, gamma_profile
from imaging.errors import DamagedImage
from imaging.limits import MAX_PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imaging.colours import Chromaticities

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND = 12
"""Bytes of a chunk in addition to its content: length, name and CRC."""

_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"pHYs": 9, b"acTL": 8, b"fcTL": 26}
_USED = (*_CRITICAL, *_ANIMATION, *_LENGTHS, b"tRNS", b"iCCP", b"eXIf", b"iTXt")
_XMP = b"XML:com.adobe.xmp\0"
_LONGEST_PROFILE, _LONGEST_TEXT = 1 << 20, 1 << 16
"""Bytes after inflating. Pillow refuses a file with more than the first, and `metadata` keeps no more of the second."""

_LONGEST_NAME = 79
_GREY, _RGB = 0, 2
GRAY_KINDS = (0, 4)
"""The colour types without colour."""

NO_PROFILE = b""
_SCALE = 100_000
"""The unit of gAMA and cHRM (sections 11.3.2.1 and 2)."""

_BYTE, _SIXTEEN = 8, 16


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG as Pillow should read it: `data` is the file without chunks that are unused, damaged or inconsistent.

    `depth` is the bits of a sample and `kind` the colour type. `chunks` are the contents of the chunks about colour, by
    name. `key` is the transparent colour of 16-bit samples, which Pillow can't apply.
    """

    data: bytes
    depth: int
    kind: int
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    key: tuple[int, ...] | None = None
    has_profile: bool = False


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    body: memoryview

    @property
    def end(self) -> int:
        return self.start + _AROUND + len(self.body)


def read_png(data: bytes) -> Png:
    """Read the chunks as libpng does: a fault in an ancillary chunk costs that chunk, not the image.

    An animation with wrong numbers becomes its still, unless the file is cut. Raises DamagedImage for endless chunks,
    and for a file without a header.
    """
    chunks = list(_walk(data))
    if not chunks or chunks[0].name != b"IHDR" or len(chunks[0].body) < 13:  # noqa: PLR2004 - of the header's fields
        raise DamagedImage("The original is damaged: it has no header.")
    depth, kind = chunks[0].body[8:10]
    usable = [chunk for chunk in chunks if _is_usable(chunk, data)]
    is_complete = chunks[-1].name == b"IEND"
    if is_complete and not _is_animation(usable, struct.unpack_from(">II", chunks[0].body)):
        usable = [chunk for chunk in usable if chunk.name not in _ANIMATION]
    found = {chunk.name: bytes(chunk.body) for chunk in reversed(usable) if chunk.name in (*_LENGTHS, b"tRNS")}
    key, replacement = _read_key(found.get(b"tRNS"), depth, kind)
    return Png(
        data=_join(data, chunks, usable, replacement),
        depth=depth,
        kind=kind,
        chunks=found,
        key=key,
        has_profile=any(chunk.name == b"iCCP" for chunk in usable),
    )


def profile_of(png: Png) -> bytes | None:
    """Return the profile of the colours by cICP, or by gAMA and cHRM; `NO_PROFILE` where iCCP or nothing names them.

    In the order of precedence of the specification, section 12.1; None where they are sRGB.
    """
    gray = png.kind in GRAY_KINDS
    if cicp := png.chunks.get(b"cICP"):
        primaries, transfer, matrix, _ = cicp
        if matrix == 0:  # the only one that PNG allows
            return cicp_profile(primaries, transfer, gray=gray)
    if png.has_profile or not png.chunks.keys() & {b"gAMA", b"cHRM", b"sRGB"}:
        return NO_PROFILE
    if b"sRGB" in png.chunks:
        return None
    gamma = struct.unpack(">I", png.chunks[b"gAMA"])[0] / _SCALE if b"gAMA" in png.chunks else None
    values = struct.unpack(">8I", png.chunks[b"cHRM"]) if b"cHRM" in png.chunks else None
    chromaticities = values and tuple(value / _SCALE for value in values)
    return gamma_profile(gamma, cast("Chromaticities | None", chromaticities), gray=gray)


def _walk(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks that begin in the file, the last one cut if it is; nothing after IEND is part of the image."""
    view, position = memoryview(data), len(SIGNATURE)
    for _ in range(MAX_PARTS + 1):
        if position + 8 > len(data):
            return
        length, name = struct.unpack_from(">I4s", data, position)
        yield _Chunk(name, position, view[position + 8 : position + 8 + length])
        position += _AROUND + length
        if name == b"IEND":
            return
    raise DamagedImage(f"The original is damaged: it has more than {MAX_PARTS:,} parts.")


def _is_usable(chunk: _Chunk, data: bytes) -> bool:
    if chunk.name not in _USED:
        return False
    if chunk.name in _CRITICAL or chunk.name == b"fdAT":
        return True
    if chunk.end > len(data) or len(chunk.body) != _LENGTHS.get(chunk.name, len(chunk.body)):
        return False
    (crc,) = struct.unpack_from(">I", data, chunk.end - 4)
    if zlib.crc32(chunk.name + chunk.body) != crc:
        return False
    if chunk.name == b"iTXt":
        return bytes(chunk.body[: len(_XMP)]) == _XMP and _inflates(chunk.body, _LONGEST_TEXT)
    return chunk.name != b"iCCP" or _is_profile(bytes(chunk.body))


def _is_profile(body: bytes) -> bool:
    name, _, rest = body.partition(b"\0")
    return 0 < len(name) <= _LONGEST_NAME and rest[:1] == b"\0" and _inflated(rest[1:], _LONGEST_PROFILE)


def _inflates(body: memoryview, at_most: int) -> bool:
    compressed, method = body[len(_XMP)], body[len(_XMP) + 1] if len(body) > len(_XMP) + 1 else 0
    if not compressed:
        return True
    return method == 0 and _inflated(bytes(body[len(_XMP) + 2 :]).split(b"\0", 2)[-1], at_most)


def _inflated(stream: bytes, at_most: int) -> bool:
    inflater = zlib.decompressobj()
    try:
        inflater.decompress(stream, at_most)
    except zlib.error:
        return False
    return not inflater.unconsumed_tail


def _is_animation(chunks: list[_Chunk], size: tuple[int, int]) -> bool:
    """Return whether the numbers of an APNG agree: its frames, their order and their places on the canvas."""
    declared = [struct.unpack_from(">I", chunk.body)[0] for chunk in chunks if chunk.name == b"acTL"]
    names = [chunk.name for chunk in chunks]
    if len(declared) != 1 or b"IDAT" not in names or names.index(b"acTL") > names.index(b"IDAT"):
        return False
    sequence, frames, filled = 0, 0, True
    for chunk in chunks:
        if chunk.name in (b"fcTL", b"fdAT"):
            if len(chunk.body) < 4 or struct.unpack_from(">I", chunk.body)[0] != sequence:  # noqa: PLR2004 - the number's bytes
                return False
            sequence += 1
        if chunk.name == b"fcTL":
            width, height, left, top = struct.unpack_from(">4I", chunk.body, 4)
            if not filled or not width or not height or left + width > size[0] or top + height > size[1]:
                return False
            frames, filled = frames + 1, False
        filled = filled or chunk.name in (b"IDAT", b"fdAT")
    return filled and frames == declared[0]


def _read_key(key: bytes | None, depth: int, kind: int) -> tuple[tuple[int, ...] | None, bytes | None]:
    """Return the colour key of 16-bit samples, and the tRNS that Pillow should read instead of the file's.

    Pillow widens samples of 2 and 4 bits to 8, but not the key; bits of the key that samples don't have count for
    nothing (section 11.3.1.1).
    """
    if key is None or kind not in (_GREY, _RGB):
        return None, key
    samples = 1 if kind == _GREY else 3
    if len(key) != 2 * samples:
        return None, None
    values = struct.unpack(f">{samples}H", key)
    if depth == _SIXTEEN:
        return values, None
    top = (1 << depth) - 1
    widen = 255 // top if 1 < depth < _BYTE else 1
    return None, struct.pack(f">{samples}H", *((value & top) * widen for value in values))


def _join(data: bytes, chunks: list[_Chunk], usable: list[_Chunk], key: bytes | None) -> bytes:
    """Return the file with the usable chunks alone; itself where all are."""
    had = next((bytes(chunk.body) for chunk in usable if chunk.name == b"tRNS"), None)
    if len(usable) == len(chunks) and key == had and chunks[-1].end >= len(data):
        return data
    parts = [SIGNATURE]
    for chunk in usable:
        if chunk.name != b"tRNS":
            parts.append(data[chunk.start : chunk.end])
        elif key is not None:
            parts.append(write_chunk(b"tRNS", key))
    return b"".join(parts)


def write_chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk with its length and CRC."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
