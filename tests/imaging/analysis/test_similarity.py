from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage.metrics import structural_similarity

from imaging.analysis.similarity import sample, similarity

if TYPE_CHECKING:
    from collections.abc import Callable


def open_photo(photo: Callable[[str], bytes], name: str, width: int) -> Image.Image:
    image = Image.open(BytesIO(photo(name))).convert("RGB")
    return image.resize((width, image.height * width // image.width))


@pytest.mark.parametrize("name", ["chelsea.png", "seeding.jpg"])
def test_an_image_is_like_itself_and_less_like_it_the_worse_it_gets(photo: Callable[[str], bytes], name: str) -> None:
    image = open_photo(photo, name, 300)

    scores = [similarity(image, image.filter(ImageFilter.GaussianBlur(sigma))) for sigma in (0.5, 1, 2, 4)]

    assert similarity(image, image) == pytest.approx(1, abs=1e-5)
    assert [1, *scores] == sorted([1, *scores], reverse=True)
    assert scores[-1] < 0.8


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "astronaut.png"])
@pytest.mark.parametrize("quality", [20, 50, 80])
def test_the_measure_agrees_with_scikit_image(photo: Callable[[str], bytes], name: str, quality: int) -> None:
    image = open_photo(photo, name, 300)
    body = BytesIO()
    image.save(body, "JPEG", quality=quality)
    other = Image.open(body).convert("RGB")

    luma = [np.asarray(either.convert("L")) for either in (image, other)]
    expected = structural_similarity(*luma, win_size=7)  # type: ignore[no-untyped-call] # it has no annotations

    assert similarity(image, other) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    ("size", "sampled"),
    [((300, 200), (300, 200)), ((4000, 3000), (512, 512)), ((4000, 130), (512, 512)), ((16000, 40), (2048, 40))],
)
def test_a_sample_has_a_limited_size(size: tuple[int, int], sampled: tuple[int, int]) -> None:
    assert sample(Image.new("RGB", size)).size == sampled


def test_a_sample_comes_from_all_over_the_image() -> None:
    image = Image.new("RGB", (1200, 900))
    for corner in ((0, 0), (1199, 0), (0, 899), (1199, 899)):
        image.putpixel(corner, (255, 255, 255))

    assert sample(image).convert("L").histogram()[255] == 4


def test_a_sample_of_a_transparent_image_is_on_grey() -> None:
    assert sample(Image.new("LA", (9, 9), (255, 0))).getpixel((4, 4)) == (128, 128, 128)
