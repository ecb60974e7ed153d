from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.reading.exif import read_orientation

ALL = range(1, 9)


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II" if order == "<" else b"MM"
    return b"Exif\0\0" + mark + struct.pack(f"{order}HIHHHIHHI", 42, 8, 1, 274, 3, 1, orientation, 0, 0)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", ALL)
def test_the_orientation_is_read_in_either_byte_order(order: str, orientation: int) -> None:
    assert read_orientation(exif(orientation, order)) == orientation
    assert read_orientation(exif(orientation, order).removeprefix(b"Exif\0\0")) == orientation


@pytest.mark.parametrize(
    "data", [b"", b"II", b"II*\0\xff\xff\xff\xff", exif(0), exif(9), exif(6)[:-14], b"XX" + exif(6)[8:]]
)
def test_a_strange_block_means_upright(data: bytes) -> None:
    assert read_orientation(data) == 1


@given(st.binary(max_size=80).map(lambda tail: b"II*\0" + tail))
def test_any_block_has_an_orientation(data: bytes) -> None:
    assert read_orientation(data) in ALL
