"""PNG's filters, which Pillow-SIMD undoes by `functions/resize/png_filters.h`, against the specification."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import PIL
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

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


def undo(rows: list[tuple[int, bytes]], channels: int) -> bytes:
    """Undo the filters byte by byte (PNG specification, section 9.2)."""
    above = bytes(len(rows[0][1]))
    pixels = b""
    for number, row in rows:
        line = bytearray(row)
        for at, byte in enumerate(row):
            left = line[at - channels] if at >= channels else 0
            corner = above[at - channels] if at >= channels else 0
            guess = (0, left, above[at], (left + above[at]) // 2, paeth(left, above[at], corner))[number]
            line[at] = (byte + guess) % 256
        above = bytes(line)
        pixels += above
    return pixels


@st.composite
def images(draw: st.DrawFn) -> tuple[int, int, list[tuple[int, bytes]]]:
    channels, width = draw(st.integers(1, 4)), draw(st.integers(1, 9))
    size = width * channels
    row = st.tuples(st.integers(0, 4), st.binary(min_size=size, max_size=size))
    return width, channels, draw(st.lists(row, min_size=1, max_size=6))


@given(images())
def test_every_filter_is_undone_to_the_letter(drawn: tuple[int, int, list[tuple[int, bytes]]]) -> None:
    width, channels, rows = drawn

    image = Image.open(BytesIO(png(width, rows, channels)))

    assert image.mode == MODES[channels]
    assert image.tobytes() == undo(rows, channels)


def test_zlib_ng_is_inside() -> None:
    if ".post" not in PIL.__version__:
        pytest.skip("stock Pillow, where Pillow-SIMD can't be built")
    assert str(features.version("zlib")).endswith("zlib-ng")
