from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imaging.errors import TooLarge

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]
RED = (255, 0, 0)


@pytest.fixture
def red(save: Save) -> bytes:
    return save(Image.new("RGB", (100, 60), RED), "PNG")


def test_a_border_is_added_around_the_box(render: Render, red: bytes) -> None:
    image = render(red, "50x30,border=4:00f")

    assert (image.size, image.mode) == ((58, 38), "RGB")
    assert [image.getpixel(at) for at in ((3, 20), (4, 20), (53, 20), (54, 20))] == [
        (0, 0, 255),
        RED,
        RED,
        (0, 0, 255),
    ]


def test_dpr_widens_border_and_radius(render: Render, red: bytes) -> None:
    image = render(red, "25x15,dpr=2,border=4:00f,radius=6")

    assert image.size == (66, 46)
    assert image.getpixel((7, 20)) == (0, 0, 255, 255)
    alpha = np.asarray(image)[..., 3]
    assert alpha[12, 0] == 255 > alpha[2, 2] == 0


@pytest.mark.parametrize("radius", [1, 5, 20, 30])
def test_rounded_corners_have_the_area_of_a_circle(render: Render, red: bytes, radius: int) -> None:
    alpha = np.asarray(render(red, f"radius={radius}"), float)[..., 3] / 255

    missing = 100 * 60 - alpha.sum()
    assert abs(missing - (4 - math.pi) * radius**2) < 1 + 0.02 * radius**2
    assert (alpha == alpha[::-1]).all()
    assert (alpha == alpha[:, ::-1]).all()


@pytest.mark.parametrize("segment", ["60x60,fit=cover,radius=max", "60x60,fit=cover,radius=8192"])
def test_max_is_a_circle(render: Render, red: bytes, segment: str) -> None:
    alpha = np.asarray(render(red, segment), float)[..., 3] / 255

    rows, columns = np.mgrid[0:60, 0:60] + 0.5 - 30
    distance = np.hypot(rows, columns)
    assert (alpha[distance < 29] == 1).all()
    assert (alpha[distance > 31] == 0).all()
    assert abs(alpha.sum() - math.pi * 900) < 10


def test_a_wide_image_with_the_largest_radius_is_a_pill(render: Render, red: bytes) -> None:
    alpha = np.asarray(render(red, "radius=max"))[..., 3]

    assert (alpha[0, 31:69] == 255).all()
    assert alpha[0, 0] == alpha[-1, -1] == 0
    assert (alpha[29:31, 1:-1] == 255).all()


def test_a_rounded_border_follows_the_corner(render: Render, red: bytes) -> None:
    pixels = np.asarray(render(red, "border=10:00f,radius=30"))

    # along the diagonal from the corner: nothing, then the border, then the image
    nothing, border, image = (tuple(map(int, pixels[at, at])) for at in (4, 12, 20))
    assert nothing[3] == 0
    assert border == (0, 0, 255, 255)
    assert image == (255, 0, 0, 255)


def test_the_colour_of_transparent_bars_does_not_show_at_the_inner_corners(render: Render, save: Save) -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))  # its bars are a transparent white

    pixels = np.asarray(render(save(image, "PNG"), "60x40,fit=pad,border=6:204060,radius=20"))

    corner = pixels[6:20, 6:20]
    mixed = corner[(corner[..., 3] > 40) & (corner[..., 3] < 255)]
    assert len(mixed) > 8
    assert np.abs(mixed[:, :3].astype(int) - (0x20, 0x40, 0x60)).max() <= 3


def test_a_translucent_border_lets_the_background_of_the_page_through(render: Render, red: bytes) -> None:
    image = render(red, "border=4:0000ff80")

    assert image.getpixel((1, 20)) == (0, 0, 255, 128)
    assert image.getpixel((20, 20)) == (255, 0, 0, 255)


@pytest.mark.parametrize(("segment", "corner"), [("radius=20,f=jpeg", 255), ("radius=20,f=jpeg,bg=000", 0)])
def test_corners_have_the_background_where_there_is_no_transparency(
    render: Render, red: bytes, segment: str, corner: int
) -> None:
    found = render(red, segment).getpixel((1, 1))

    assert found == pytest.approx((corner,) * 3, abs=12)


def test_transparent_pixels_stay_transparent(render: Render, save: Save) -> None:
    image = Image.new("LA", (40, 40), (90, 100))

    alpha = np.asarray(render(save(image, "PNG"), "radius=10").convert("RGBA"))[..., 3]

    assert alpha[0, 0] == 0
    assert alpha[20, 20] == 100


def test_a_border_counts_in_the_limits(render: Render, red: bytes) -> None:
    with pytest.raises(TooLarge):
        render(red, "border=1000:000,100x60,dpr=3")
