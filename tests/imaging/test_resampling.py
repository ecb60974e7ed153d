"""Resampling, and lines of JPEG: what Pillow-SIMD does by `functions/resize/libimaging` is what Pillow does."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.Image import Resampling

if TYPE_CHECKING:
    from collections.abc import Callable

FILTERS = [Resampling.BOX, Resampling.BILINEAR, Resampling.HAMMING, Resampling.BICUBIC, Resampling.LANCZOS]
MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBX": 4, "RGBA": 4, "CMYK": 4}


def noise(mode: str, size: tuple[int, int], seed: int) -> Image.Image:
    """Levels of which half are 0 or 255: where filters overshoot."""
    count = size[0] * size[1] * MODES[mode]
    random = np.random.default_rng(seed)
    levels = random.integers(0, 256, count)
    extremes = random.integers(0, 2, count) * 255
    pixels = np.where(random.integers(0, 2, count) == 0, levels, extremes)
    return Image.frombytes(mode, size, pixels.astype(np.uint8).tobytes())


@st.composite
def stretches(draw: st.DrawFn, most: int = 120) -> tuple[int, int, float, float]:
    """A length, another one, and the part of the first that becomes the second."""
    before, after = draw(st.integers(1, most)), draw(st.integers(1, most))
    if draw(st.booleans()):
        return before, after, 0.0, float(before)
    edges = st.floats(0, before, allow_subnormal=False)
    start, end = sorted((draw(edges), draw(edges)))
    return (before, after, start, end) if end - start > 0.01 else (before, after, 0.0, float(before))


@settings(max_examples=300)
@given(
    across=stretches(),
    down=stretches(),
    mode=st.sampled_from(sorted(MODES)),
    kernel=st.sampled_from(FILTERS),
    seed=st.integers(0, 2**32 - 1),
)
def test_both_ways_at_once_are_one_after_the_other(
    across: tuple[int, int, float, float],
    down: tuple[int, int, float, float],
    mode: str,
    kernel: Resampling,
    seed: int,
) -> None:
    width, new_width, left, right = across
    height, new_height, top, bottom = down
    image = noise(mode, (width, height), seed).im  # `Image.resize` would weigh colours by their alpha

    at_once = image.resize((new_width, new_height), kernel, (left, top, right, bottom))
    narrow = image.resize((new_width, height), kernel, (left, 0, right, height))
    in_turn = narrow.resize((new_width, new_height), kernel, (0, top, new_width, bottom))

    blank = Image.new(mode, (1, 1))
    assert blank._new(at_once).tobytes() == blank._new(in_turn).tobytes()


def test_a_constant_stays_what_it_is() -> None:
    image = Image.new("RGB", (301, 205), (17, 130, 255))

    assert image.resize((97, 61), Resampling.LANCZOS).getcolors() == [(97 * 61, (17, 130, 255))]


@pytest.mark.parametrize("size", [(1, 1), (17, 9), (300, 200)])
def test_jpeg_is_decoded_to_where_it_belongs_and_nowhere_else(size: tuple[int, int]) -> None:
    data = BytesIO()
    noise("RGB", size, seed=1).save(data, "JPEG", quality=90)
    alone = Image.open(data)
    framed = Image.open(BytesIO(data.getvalue()))
    width, height = size
    (tile,) = framed.tile
    framed.tile = [tile._replace(extents=(3, 2, 3 + width, 2 + height))]
    framed._size = (width + 4, height + 3)

    expected = Image.new("RGB", framed.size)
    expected.paste(alone, (3, 2))

    assert framed.tobytes() == expected.tobytes()


def test_a_truncated_jpeg_is_an_error(save: Callable[..., bytes]) -> None:
    data = save(noise("RGB", (300, 200), seed=2), "JPEG")

    with pytest.raises(OSError, match="truncated"):
        Image.open(BytesIO(data[: len(data) // 2])).load()
