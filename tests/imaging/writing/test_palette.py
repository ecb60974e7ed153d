from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from imaging.writing.palette import TRANSPARENT, reduce_colours

if TYPE_CHECKING:
    from collections.abc import Callable


def test_few_colours_are_kept_exactly() -> None:
    image = Image.new("RGB", (60, 60), (10, 20, 30))
    ImageDraw.Draw(image).rectangle((5, 5, 30, 30), fill=(200, 100, 50))

    for dithered in (True, False):
        assert reduce_colours(image, dithered=dithered).convert("RGB").tobytes() == image.tobytes()


def test_dithering_keeps_the_mean_colour_of_a_photograph(photo: Callable[[str], bytes]) -> None:
    image = Image.open(BytesIO(photo("chelsea.png"))).convert("RGB")

    reduced = reduce_colours(image, dithered=True).convert("RGB")

    assert np.allclose(np.asarray(image).mean((0, 1)), np.asarray(reduced).mean((0, 1)), atol=1)


def test_only_pixels_less_than_half_opaque_become_transparent() -> None:
    image = Image.new("RGBA", (4, 1))
    for x, colour in enumerate([(0, 0, 0, 127), (0, 0, 0, 128), (255, 0, 254, 255), (9, 9, 9, 0)]):
        image.putpixel((x, 0), colour)

    reduced = reduce_colours(image, dithered=False)

    assert [level == TRANSPARENT for level in reduced.tobytes()] == [True, False, False, True]
    assert reduced.convert("RGB").getpixel((1, 0)) == (0, 0, 0)
    assert reduced.convert("RGB").getpixel((2, 0)) != reduced.convert("RGB").getpixel((0, 0))
