from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ALL = range(1, 9)


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[274] = orientation
    return block


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
