from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]
SOLID = Image.new("RGB", (20, 10), (200, 0, 0))
HALF = Image.new("RGBA", (20, 10), (200, 0, 0, 128))


@pytest.mark.parametrize(
    ("image", "segment", "shown"),
    [
        (SOLID, "20x20,fit=pad", ((255, 255, 255), (200, 0, 0))),
        (SOLID, "20x20,fit=pad,bg=00f", ((0, 0, 255), (200, 0, 0))),
        (SOLID, "20x20,fit=pad,bg=0000ff80", ((0, 0, 255, 128), (200, 0, 0, 255))),
        (HALF, "20x20,fit=pad", ((255, 255, 255, 0), (200, 0, 0, 128))),
        (HALF, "20x20,fit=pad,bg=00f", ((0, 0, 255), (100, 0, 127))),
        (HALF, "20x20,fit=pad,bg=00f0", ((0, 0, 255, 0), (200, 0, 0, 128))),
        (HALF, "bg=00f", ((100, 0, 127), (100, 0, 127))),
        (HALF, "20x", ((200, 0, 0, 128), (200, 0, 0, 128))),
        (SOLID, "bg=00f", ((200, 0, 0), (200, 0, 0))),
        (Image.new("L", (20, 10), 7), "20x20,fit=pad,bg=00f", ((0, 0, 255), (7, 7, 7))),
    ],
)
def test_bars_and_transparent_pixels_show_the_background(
    render: Render, save: Save, image: Image.Image, segment: str, shown: tuple[object, object]
) -> None:
    result = render(save(image, "PNG"), segment)

    corner, middle = result.getpixel((0, 0)), result.getpixel((result.width // 2, result.height // 2))
    assert (corner, middle) == shown


@pytest.mark.parametrize(
    ("segment", "colour"),
    [("f=jpeg", (227, 127, 127)), ("f=jpeg,bg=000", (100, 0, 0)), ("f=jpeg,bg=0000", (227, 127, 127))],
)
def test_a_format_without_alpha_is_flattened(render: Render, save: Save, segment: str, colour: tuple[int, ...]) -> None:
    found = render(save(HALF, "PNG"), segment).getpixel((10, 5))

    assert isinstance(found, tuple)
    assert all(abs(seen - meant) <= 3 for seen, meant in zip(found, colour, strict=True))


@pytest.mark.parametrize(("gravity", "top"), [("north", (200, 0, 0)), ("south", (255, 255, 255))])
def test_the_image_is_where_gravity_says(render: Render, save: Save, gravity: str, top: tuple[int, ...]) -> None:
    assert render(save(SOLID, "PNG"), f"20x20,fit=pad,g={gravity}").getpixel((10, 0)) == top


def test_a_translucent_background_counts_once_wherever_it_shows(render: Render, save: Save) -> None:
    hole = Image.new("RGBA", (40, 40), (200, 0, 0, 255))
    hole.paste((0, 0, 0, 0), (10, 10, 30, 30))

    image = render(save(hole, "PNG"), "80x40,fit=pad,bg=0000ff80,radius=20,q=100,f=jpeg")

    corner, bar, inside = (image.getpixel(at) for at in ((1, 1), (15, 20), (40, 20)))
    assert corner == pytest.approx((127, 127, 255), abs=3)
    assert bar == pytest.approx((127, 127, 255), abs=3)
    assert inside == pytest.approx((127, 127, 255), abs=3)


def test_padding_enlarges_the_image(render: Render, save: Save) -> None:
    image = render(save(SOLID, "PNG"), "40x40,fit=pad")

    assert [image.getpixel((20, y)) for y in (5, 20, 35)] == [(255,) * 3, (200, 0, 0), (255,) * 3]
