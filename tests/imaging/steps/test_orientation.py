from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from imaging.steps.orientation import read_orientation, stored_box, stored_size

if TYPE_CHECKING:
    from collections.abc import Callable

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ALL = range(1, 9)


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II" if order == "<" else b"MM"
    return b"Exif\0\0" + mark + struct.pack(f"{order}HIHHHIHHI", 42, 8, 1, 274, 3, 1, orientation, 0, 0)


def upright() -> Image.Image:
    """Four quarters of 80 by 40 pixels, all different."""
    image = Image.new("RGB", (160, 80))
    for at, colour in (((0, 0), RED), ((80, 0), GREEN), ((0, 40), BLUE), ((80, 40), WHITE)):
        image.paste(colour, (*at, at[0] + 80, at[1] + 40))
    return image


def stored(orientation: int) -> Image.Image:
    """Return the pixels that a camera stores so that the image is seen upright."""
    undo = {6: 8, 8: 6}.get(orientation, orientation)
    turned = upright()
    turned.getexif()[274] = undo
    return ImageOps.exif_transpose(turned)


@pytest.mark.parametrize("orientation", ALL)
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_orientation_is_seen_upright(
    render: Callable[[bytes, str], Image.Image], save: Callable[..., bytes], fmt: str, orientation: int
) -> None:
    options = {} if fmt == "PNG" else {"quality": 95}
    data = save(stored(orientation), fmt, exif=exif(orientation), **options)

    image = render(data, "80x,f=png").convert("RGB")

    assert image.size == (80, 40)
    for at, colour in (((20, 10), RED), ((60, 10), GREEN), ((20, 30), BLUE), ((60, 30), WHITE)):
        found = image.getpixel(at)
        assert isinstance(found, tuple)
        assert all(abs(seen - meant) < 12 for seen, meant in zip(found, colour, strict=True))


@pytest.mark.parametrize("orientation", ALL)
def test_gravity_is_as_the_viewer_sees_it(
    render: Callable[[bytes, str], Image.Image], save: Callable[..., bytes], orientation: int
) -> None:
    data = save(stored(orientation), "PNG", exif=exif(orientation))

    image = render(data, "20x40,fit=cover,g=west")

    assert image.getpixel((5, 10)) == RED
    assert image.getpixel((5, 30)) == BLUE


def test_an_oriented_jpeg_is_reduced_and_gets_no_orientation(
    render: Callable[[bytes, str], Image.Image], save: Callable[..., bytes]
) -> None:
    image = render(save(stored(6).resize((800, 1600)), "JPEG", exif=exif(6)), "100x")

    assert image.size == (100, 50)
    assert "exif" not in image.info


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


@given(st.sampled_from(ALL), st.tuples(st.integers(1, 99), st.integers(1, 99)))
def test_the_whole_is_the_whole_in_every_orientation(orientation: int, size: tuple[int, int]) -> None:
    seen = stored_size(size, orientation)

    assert stored_box((0, 0, *seen), size, orientation) == (0, 0, *size)
