from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]


def edge(mode: str = "RGB") -> Image.Image:
    """Black on the left, white on the right."""
    image = Image.new("L", (100, 60))
    image.paste(255, (50, 0, 100, 60))
    return image.convert(mode)


def profile(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(image.convert("L"), float)[image.height // 2, :]


@pytest.mark.parametrize("sigma", [0.5, 2, 8])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_an_edge_is_blurred_as_by_a_gaussian(render: Render, save: Save, mode: str, sigma: float) -> None:
    blurred = profile(render(save(edge(mode), "PNG"), f"blur={sigma}"))

    slope = np.diff(blurred) / 255
    positions = np.arange(slope.size)
    centre = (slope * positions).sum()
    assert abs(centre - 49) < 0.1
    assert abs(np.sqrt((slope * (positions - centre) ** 2).sum()) - sigma) < 0.15 * sigma + 0.1


def test_dpr_widens_the_blur_with_the_image(render: Render, save: Save) -> None:
    data = save(edge(), "PNG")

    one = profile(render(data, "50x,blur=2"))
    two = profile(render(data, "50x,blur=2,dpr=2"))

    assert np.abs(one - two.reshape(-1, 2).mean(axis=1)).max() < 8


@pytest.mark.parametrize("segment", ["blur=3", "sharpen=1", "pixelate=7"])
def test_hidden_colours_do_not_come_out(render: Render, save: Save, segment: str) -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (10, 10, 30, 30))

    pixels = np.asarray(render(save(image, "PNG"), segment), int)

    seen = pixels[pixels[..., 3] > 16]
    assert seen[:, 0].max() <= 16
    assert seen[:, 2].min() >= 239


def test_sharpening_steepens_an_edge_and_leaves_the_rest(render: Render, save: Save) -> None:
    soft = Image.new("RGB", (100, 60), (80, 80, 80))
    soft.paste((170, 170, 170), (50, 0, 100, 60))
    data = save(soft.resize((50, 30)).resize((100, 60)), "PNG")

    before, after = profile(render(data, "dpr=1")), profile(render(data, "sharpen=1"))

    assert np.diff(after).max() > 1.2 * np.diff(before).max()
    assert (after[:40] == 80).all()
    assert (after[60:] == 170).all()


def test_sharpening_keeps_transparency(render: Render, save: Save) -> None:
    alpha = np.linspace(0, 255, 64, dtype=np.uint8)
    pixels = np.dstack([np.full((64, 64, 3), 90, np.uint8), np.broadcast_to(alpha, (64, 64))])

    image = render(save(Image.fromarray(pixels), "PNG"), "sharpen=10")

    assert (np.asarray(image)[..., 3] == alpha).all()


@pytest.mark.parametrize(("square", "colours"), [(50, 2), (25, 4), (1000, 1), (33, 4)])
def test_squares_are_filled_with_their_mean(render: Render, save: Save, square: int, colours: int) -> None:
    ramp = np.broadcast_to(np.arange(0, 200, 2, dtype=np.uint8), (50, 100))

    row = profile(render(save(Image.fromarray(ramp.copy()), "PNG"), f"pixelate={square}"))

    assert len(set(row)) == colours
    width = min(square, 100)
    assert abs(row[0] - ramp[0, :width].mean()) <= 1


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 300)])
@pytest.mark.parametrize("segment", ["blur=250", "4x4,fit=fill,dpr=4,blur=250", "sharpen=10", "pixelate=1000"])
def test_the_widest_filters_work_on_the_smallest_images(
    render: Render, save: Save, size: tuple[int, int], segment: str
) -> None:
    assert render(save(Image.new("RGB", size, (7, 8, 9)), "PNG"), segment).convert("RGB").getpixel((0, 0)) == (7, 8, 9)
