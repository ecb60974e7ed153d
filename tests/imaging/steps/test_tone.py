from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]


def pixel(render: Render, save: Save, colour: tuple[int, ...], segment: str) -> tuple[int, ...]:
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[len(colour)]
    image = Image.new(mode, (8, 8), colour if len(colour) > 1 else colour[0])
    return render(save(image, "PNG"), segment).convert("RGBA").getpixel((4, 4))  # type: ignore[return-value] # a tuple


@pytest.mark.parametrize(
    ("segment", "colours"),
    [
        ("brightness=0.5", ((200, 100, 50), (100, 50, 25))),
        ("brightness=2", ((200, 100, 50), (255, 200, 100))),
        ("brightness=0", ((200, 100, 50), (0, 0, 0))),
        ("contrast=0", ((200, 100, 50), (128, 128, 128))),
        ("contrast=2", ((200, 100, 50), (255, 72, 0))),
        ("gamma=2", ((64, 255, 0), (128, 255, 0))),
        ("gamma=0.5", ((128, 255, 0), (64, 255, 0))),
        ("brightness=2,contrast=0.5", ((200, 100, 50), (191, 164, 114))),
        ("saturation=0", ((255, 0, 0), (54, 54, 54))),
        ("saturation=0", ((0, 255, 0), (182, 182, 182))),
        ("saturation=2", ((150, 100, 100), (189, 89, 89))),
        ("gray=true", ((255, 0, 0), (54, 54, 54))),
        ("gray=true", ((0, 0, 255), (18, 18, 18))),
        ("tint=ff8000", ((0, 0, 0), (0, 0, 0))),
        ("tint=ff8000", ((255, 255, 255), (255, 255, 255))),
        ("tint=ff8000", ((128, 128, 128), (255, 128, 0))),
        ("tint=ff800080", ((128, 128, 128), (192, 128, 64))),
        ("gray=true,tint=00f", ((64, 64, 64), (0, 0, 128))),
    ],
)
@pytest.mark.parametrize("alpha", [None, 255, 128])
def test_a_colour_changes_as_in_css(
    render: Render, save: Save, segment: str, colours: tuple[tuple[int, ...], tuple[int, ...]], alpha: int | None
) -> None:
    colour, expected = colours
    found = pixel(render, save, colour if alpha is None else (*colour, alpha), segment)

    assert found[3] == (255 if alpha is None else alpha)
    assert all(abs(one - other) <= 1 for one, other in zip(found[:3], expected, strict=True))


@pytest.mark.parametrize("segment", ["brightness=0.5", "contrast=2", "gamma=2", "saturation=3", "tint=fff"])
def test_grey_images_are_changed_too(render: Render, save: Save, segment: str) -> None:
    expected = {"brightness=0.5": 50, "contrast=2": 72, "gamma=2": 160, "saturation=3": 100, "tint=fff": 199}[segment]

    for colour in ((100,), (100, 77)):
        red, green, blue, alpha = pixel(render, save, colour, segment)
        assert red == green == blue
        assert abs(red - expected) <= 1
        assert alpha == (77 if len(colour) > 1 else 255)
