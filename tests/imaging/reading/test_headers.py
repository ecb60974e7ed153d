from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin

from imaging.reading.headers import (
    has_overlapping_tags,
    is_plain_jxl,
    read_ico,
    read_jpeg_header,
    read_jxl_size,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("boxed", [True, False])
@pytest.mark.parametrize(
    "size", [(8, 8), (256, 248), (301, 7), (640, 480), (1600, 900), (1, 70000), (30000, 2), (5, 4), (960, 800)]
)
def test_a_jpeg_xl_is_measured_without_decoding_it(
    save: Callable[..., bytes], size: tuple[int, int], *, boxed: bool
) -> None:
    data = save(Image.new("L", size), "JXL", use_container=boxed, effort=1)
    assert read_jxl_size(data) == size
    assert is_plain_jxl(data)


def test_a_jpeg_xl_of_a_whole_box_of_unknown_length_is_measured(save: Callable[..., bytes]) -> None:
    codestream = save(Image.new("L", (301, 7)), "JXL", use_container=False)
    signature = b"\0\0\0\x0cJXL \r\n\x87\n"

    for box in (b"\0\0\0\0jxlc", b"\0\0\0\1jxlc" + bytes(8), b"\0\0\0\x0cjxlp\0\0\0\0"):
        assert read_jxl_size(signature + b"\0\0\0\x09free!" + box + codestream) == (301, 7)


@pytest.mark.parametrize(
    "boxes", [b"", b"\0\0\0\0free", b"\0\0\0\1free" + bytes(8), b"\0\0\0\7free", b"\0\0\0\x0cjxlc\0\0\0\0"]
)
def test_a_jpeg_xl_without_a_codestream_is_refused(boxes: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        read_jxl_size(b"\0\0\0\x0cJXL \r\n\x87\n" + boxes)


@pytest.mark.parametrize("fmt", ["png", "bmp"])
def test_the_largest_image_of_an_icon_is_picked(save: Callable[..., bytes], fmt: str) -> None:
    data = save(Image.new("RGBA", (64, 48)), "ICO", bitmap_format=fmt, sizes=[(16, 16), (64, 48), (32, 32)])

    icon = read_ico(data)

    assert (icon.width, icon.height, icon.is_png) == (64, 48, fmt == "png")


def test_an_icon_is_measured_by_its_image_and_not_by_its_directory(save: Callable[..., bytes]) -> None:
    png = save(Image.new("L", (3000, 2000)), "PNG")
    data = struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(png), 22) + png

    icon = read_ico(data)

    assert (icon.width, icon.height) == (3000, 2000)


@pytest.mark.parametrize("data", [b"\0\0\1\0\0\0", b"\0\0\1\0\1\0", b"\0\0\1\0\1\0" + bytes(16)])
def test_an_icon_without_an_image_is_refused(data: bytes) -> None:
    with pytest.raises(struct.error):
        read_ico(data)


def test_the_bits_of_a_jpeg_are_read(save: Callable[..., bytes]) -> None:
    data = save(Image.new("RGB", (9, 9)), "JPEG", progressive=True, comment=b"\xff\xc0" * 9)
    at = data.index(b"\xff\xc2")

    assert read_jpeg_header(data, 99).bits == 8
    assert read_jpeg_header(data[: at + 4] + b"\x0c" + data[at + 5 :], 99).bits == 12
    assert read_jpeg_header(data[:at] + b"\xff\xff" + data[at:], 99).bits == 8
    assert read_jpeg_header(data[: at + 4], 99).bits == 0


SEGMENTS = (
    b"\xff\xed\0\2",
    b"\xff\xfe\0\3a",
    b"\xff\xe1\0\6\xff\xed\0\2",
    b"\xff\xdb\0\2",
    b"\xff\xee\0\0",
    b"\xff\xe5\0\1",
    b"\xff",
    b"\xff\0",
    b"\xff\xd3",
    b"\xff\xd9",
    b"\xff\xf5",
    b"\xff\xc8",
    b"\xff\x01",
    b"junk",
)


class Steps(BytesIO):
    """Counts what is read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.count += 1
        return super().read(size)


@given(st.lists(st.sampled_from(SEGMENTS), max_size=30))
def test_exactly_the_segments_that_pillow_reads_are_counted(parts: list[bytes]) -> None:
    whole = BytesIO()
    Image.new("L", (9, 9)).save(whole, "JPEG")
    data = whole.getvalue()[:20] + b"".join(parts) + whole.getvalue()[20:]
    file = Steps(data)
    gave_up = False
    try:
        JpegImagePlugin.JpegImageFile(file)
    except SyntaxError:
        gave_up = True

    steps = read_jpeg_header(data, 1000).steps

    assert file.count <= 4 * steps + 4  # a segment is four reads: two of its marker, its length, the rest
    assert gave_up or steps <= file.count


def test_the_steps_of_a_jpeg_are_counted_up_to_one_too_many(save: Callable[..., bytes]) -> None:
    data = save(Image.new("RGB", (9, 9)), "JPEG")
    usual = read_jpeg_header(data, 99).steps

    for bloat in (b"\xff\xed\0\2", b"\xff", b"\xff\xfe\0\4ab"):
        assert read_jpeg_header(data[:2] + bloat * 7 + data[2:], 99).steps == usual + 7
        assert read_jpeg_header(data[:2] + bloat * 700 + data[2:], 99).steps == 100


@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_overlap_only_if_their_bytes_exist(order: str) -> None:
    tags = [struct.pack(f"{order}HHII", 40_000 + number, 7, 100, 50) for number in range(4)]
    tiff = struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, 4) + b"".join(tags) + bytes(94)

    found = [end for end in range(len(tiff) + 1) if has_overlapping_tags(tiff[:end])]

    assert found == list(range(150, len(tiff) + 1))
