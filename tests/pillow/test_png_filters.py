"""PNG's filters, which Pillow-SIMD undoes and chooses by `functions/pillow/libimaging`, against the specification."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

import PIL
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, rows: list[tuple[int, bytes]], channels: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, len(rows), 8, COLOUR_TYPES[channels], 0, 0, 0)
    data = zlib.compress(b"".join(bytes([number]) + row for number, row in rows))
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def paeth(left: int, above: int, corner: int) -> int:
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))


def guesses(number: int, line: bytes | bytearray, above: bytes, channels: int) -> Iterator[int]:
    """Guess each byte as the filter of that number does (section 9.2); the line may be undone between two guesses."""
    for at, up in enumerate(above):
        left = line[at - channels] if at >= channels else 0
        corner = above[at - channels] if at >= channels else 0
        yield (0, left, up, (left + up) // 2, paeth(left, up, corner))[number]


def undo(rows: list[tuple[int, bytes]], channels: int) -> list[bytes]:
    """Undo the filters byte by byte."""
    lines = [bytes(len(rows[0][1]))]
    for number, row in rows:
        line = bytearray(row)
        for at, guess in enumerate(guesses(number, line, lines[-1], channels)):
            line[at] = (row[at] + guess) % 256
        lines.append(bytes(line))
    return lines[1:]


def choose(lines: list[bytes], channels: int, *, optimize: bool) -> list[tuple[int, bytes]]:
    """Filter each line by the one with the least sum of distances from zero (section 12.7), the first of equals."""
    rows = []
    for line, above in zip(lines, [bytes(len(lines[0])), *lines], strict=False):
        order = (0, 2, 1, 3, 4) if optimize else (0, 2, 1, 4)
        guessed = {number: guesses(number, line, above, channels) for number in order}
        filtered = {
            number: bytes((byte - guess) % 256 for byte, guess in zip(line, guessed[number], strict=True))
            for number in order
        }
        least = min(order, key=lambda number: sum(min(byte, 256 - byte) for byte in filtered[number]))
        rows.append((least, filtered[least]))
    return rows


def filtered_rows(written: bytes, size: int) -> list[tuple[int, bytes]]:
    at, data = len(SIGNATURE), b""
    while at < len(written):
        length, kind = struct.unpack_from(">I4s", written, at)
        data += written[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    rows = zlib.decompress(data)
    return [(rows[start], rows[start + 1 : start + 1 + size]) for start in range(0, len(rows), 1 + size)]


@st.composite
def images(draw: st.DrawFn) -> tuple[int, int, list[tuple[int, bytes]]]:
    """Draw rows of random bytes, or of small ones, which their own filter suits; vectors of 32 bytes fit twice."""
    channels, width = draw(st.integers(1, 4)), draw(st.integers(1, 9) | st.integers(10, 40))
    size = width * channels
    row = st.builds(
        lambda number, noise, spread: (number, bytes((byte % spread - spread // 2) % 256 for byte in noise)),
        st.integers(0, 4),
        st.binary(min_size=size, max_size=size),
        st.sampled_from((1, 3, 8, 256)),
    )
    return width, channels, draw(st.lists(row, min_size=1, max_size=6))


@given(images())
def test_every_filter_is_undone_to_the_letter(drawn: tuple[int, int, list[tuple[int, bytes]]]) -> None:
    width, channels, rows = drawn

    image = Image.open(BytesIO(png(width, rows, channels)))

    assert image.mode == MODES[channels]
    assert image.tobytes() == b"".join(undo(rows, channels))


@given(images(), st.booleans())
def test_each_row_gets_the_filter_that_leaves_least(
    drawn: tuple[int, int, list[tuple[int, bytes]]],
    optimize: bool,  # noqa: FBT001 (hypothesis draws it)
) -> None:
    width, channels, rows = drawn
    lines = undo(rows, channels)
    file = BytesIO()

    Image.frombytes(MODES[channels], (width, len(lines)), b"".join(lines)).save(file, "PNG", optimize=optimize)

    assert filtered_rows(file.getvalue(), width * channels) == choose(lines, channels, optimize=optimize)


def test_zlib_ng_is_inside() -> None:
    if ".post" not in PIL.__version__:
        pytest.skip("stock Pillow, where Pillow-SIMD can't be built")
    assert str(features.version("zlib")).endswith("zlib-ng")
