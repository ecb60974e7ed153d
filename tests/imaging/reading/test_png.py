"""PNG as browsers show it: damaged ancillary chunks, animations with wrong numbers, colour keys of every depth."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from imaging.reading.png import SIGNATURE, read_png, write_chunk

if TYPE_CHECKING:
    from imaging.writing.encoder import Encoded

Render = Callable[[bytes, str], Image.Image]
Transcode = Callable[[bytes, str], "Encoded"]


def png(depth: int, kind: int, row: bytes, width: int, *chunks: bytes) -> bytes:
    header = write_chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, depth, kind, 0, 0, 0))
    pixels = write_chunk(b"IDAT", zlib.compress(b"\0" + row))
    return b"".join((SIGNATURE, header, *chunks, pixels, write_chunk(b"IEND", b"")))


def broken(name: bytes, body: bytes) -> bytes:
    return write_chunk(name, body)[:-4] + b"\0\0\0\1"


FAULTS = [
    *(broken(name, bytes(9)) for name in (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"pHYs", b"eXIf", b"prVt")),
    *(write_chunk(name, bytes(2)) for name in (b"pHYs", b"gAMA", b"cHRM", b"cICP", b"acTL", b"fcTL", b"tIME")),
    write_chunk(b"sRGB", b""),
    write_chunk(b"iCCP", b"name\0\1" + zlib.compress(bytes(200))),
    write_chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(3_000_000))),
    write_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000))),
    write_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(3_000_000))),
    write_chunk(b"acTL", struct.pack(">II", 3, 0)),
    write_chunk(b"acTL", struct.pack(">II", 1, 0)) + write_chunk(b"fcTL", struct.pack(">5I6x", 7, 4, 1, 0, 0)),
    write_chunk(b"acTL", struct.pack(">II", 1, 0)) + write_chunk(b"fcTL", struct.pack(">5I6x", 0, 9, 1, 0, 0)),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("segment", ["f=png", "metadata=all,f=webp"])
def test_a_fault_in_an_ancillary_chunk_costs_that_chunk_only(
    transcode: Transcode, render: Render, fault: bytes, place: str, segment: str
) -> None:
    row = bytes((0, 85, 170, 255))
    data = png(8, 0, row, 4, fault) if place == "before" else png(8, 0, row, 4)[:-12] + fault + png(8, 0, row, 4)[-12:]

    assert transcode(data, segment).frames == 1
    assert render(data, "f=png").convert("L").tobytes() == row


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_a_whole_file_is_passed_on_as_it_is(name: bytes) -> None:
    data = png(8, 0, bytes(4), 4)

    assert name in data
    assert read_png(data).data == data


def bits(values: tuple[int, ...], depth: int) -> bytes:
    number = 0
    for value in values:
        number = number << depth | value
    unused = -len(values) * depth % 8
    return (number << unused).to_bytes((len(values) * depth + unused) // 8)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("segment", ["f=png", "f=webp,lossless=true", "f=gif"])
def test_a_grey_key_of_every_depth_is_transparent(render: Render, depth: int, segment: str) -> None:
    top = (1 << depth) - 1
    levels = (0, top, top // 3, 0)
    key = write_chunk(b"tRNS", struct.pack(">H", levels[2]))

    found = render(png(depth, 0, bits(levels, depth), 4, key), segment).convert("RGBA").getchannel("A")

    assert list(found.tobytes()) == [0 if level == levels[2] else 255 for level in levels]


@pytest.mark.parametrize("depth", [8, 16])
def test_a_colour_key_of_every_depth_is_transparent(render: Render, depth: int) -> None:
    layout = ">9B" if depth == 8 else ">9H"
    near = (1, 2, 4) if depth == 8 else (0x0101, 0x0202, 0x0304)
    colour = (1, 2, 3) if depth == 8 else (0x0101, 0x0202, 0x0303)
    row = struct.pack(layout, *colour, *near, *colour)

    found = render(png(depth, 2, row, 3, write_chunk(b"tRNS", struct.pack(">3H", *colour))), "f=png").convert("RGBA")

    assert list(found.getchannel("A").tobytes()) == [0, 255, 0]


def test_bits_of_a_key_that_samples_do_not_have_count_for_nothing(render: Render) -> None:
    data = png(8, 0, bytes((7, 8)), 2, write_chunk(b"tRNS", struct.pack(">H", 0x0107)))

    assert list(render(data, "f=png").convert("RGBA").getchannel("A").tobytes()) == [0, 255]


PROFILED = {
    "cICP of P3": (write_chunk(b"cICP", bytes((12, 13, 0, 1))), (200, 100, 50), (215, 93, 31)),
    "cICP of sRGB": (write_chunk(b"cICP", bytes((1, 13, 0, 1))), (200, 100, 50), (200, 100, 50)),
    "linear gAMA": (write_chunk(b"gAMA", struct.pack(">I", 100_000)), (128, 128, 128), (188, 188, 188)),
    "sRGB's gAMA": (write_chunk(b"gAMA", struct.pack(">I", 45_455)), (128, 60, 9), (128, 60, 9)),
    "gAMA and sRGB": (
        write_chunk(b"gAMA", struct.pack(">I", 100_000)) + write_chunk(b"sRGB", b"\0"), (128, 60, 9), (128, 60, 9),
    ),
    "cHRM of P3": (
        write_chunk(b"gAMA", struct.pack(">I", 45_455))
        + write_chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)),
        (200, 100, 50), (215, 93, 31),
    ),
    "impossible cHRM": (write_chunk(b"cHRM", bytes(32)), (200, 100, 50), (200, 100, 50)),
}  # fmt: skip


@pytest.mark.parametrize("name", PROFILED)
def test_colours_named_by_numbers_are_converted(render: Render, name: str) -> None:
    chunks, stored, right = PROFILED[name]

    found = render(png(8, 2, bytes(stored), 1, chunks), "f=png").convert("RGB").getpixel((0, 0))

    assert isinstance(found, tuple)
    assert all(abs(one - other) <= 1 for one, other in zip(found, right, strict=True)), found


def test_grey_named_by_a_number_is_converted(render: Render) -> None:
    found = render(png(8, 0, b"\x80", 1, write_chunk(b"gAMA", struct.pack(">I", 100_000))), "f=png")

    assert found.convert("L").getpixel((0, 0)) == 188
