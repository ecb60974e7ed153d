"""Resampling, and lines of JPEG: what Pillow-SIMD does by `functions/pillow/libimaging` is what Pillow does."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, _imaging
from PIL.Image import Resampling
from PIL.JpegImagePlugin import JpegImageFile

from imaging.resampling import resample, resample_while_decoding

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


def test_nothing_is_done_to_a_whole_image_of_the_right_size() -> None:
    image = Image.new("RGB", (30, 20))

    assert resample(image, (30, 20), (0, 0, 30, 20)) is image


def test_hidden_colours_do_not_bleed_into_visible_ones() -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (50, 50, 150, 150))

    small = np.asarray(resample(image, (33, 33), (0, 0, 200, 200)))

    partly = (small[..., 3] > 16) & (small[..., 3] < 255)
    assert partly.any()
    assert small[partly][:, :3].min() >= 250


@settings(max_examples=300)
@given(
    across=stretches(),
    down=stretches(),
    mode=st.sampled_from(sorted(MODES)),
    kernel=st.sampled_from(FILTERS),
    seed=st.integers(0, 2**32 - 1),
)
def test_one_pass_makes_the_same_as_two(
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


@pytest.mark.parametrize(("before", "after"), [(301, 300), (602, 300), (1205, 300)])
def test_coefficients_with_a_large_upper_byte_are_applied(before: int, after: int) -> None:
    """By four bytes at once such a coefficient, almost 32,768, would be almost -32,768."""
    image = noise("RGB", (before, 60), seed=3)

    at_once = image.resize((after, 31), Resampling.LANCZOS)
    in_turn = image.resize((after, 60), Resampling.LANCZOS).resize((after, 31), Resampling.LANCZOS)

    assert at_once.tobytes() == in_turn.tobytes()


def test_a_constant_image_is_unchanged() -> None:
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


def jpeg(mode: str, size: tuple[int, int], seed: int, **options: bool) -> JpegImageFile:
    data = BytesIO()
    noise(mode, size, seed).save(data, "JPEG", quality=90, **options)
    return JpegImageFile(BytesIO(data.getvalue()))


needs_sieves = pytest.mark.skipif(
    not hasattr(_imaging, "new_sieve"), reason="stock Pillow, where Pillow-SIMD can't be built"
)


@needs_sieves
@settings(max_examples=200)
@given(
    across=stretches(),
    down=stretches(),
    options=st.sampled_from([{}, {"progressive": True}]),
    seed=st.integers(0, 2**32 - 1),
)
def test_resampled_while_it_is_decoded_a_jpeg_is_the_same(
    across: tuple[int, int, float, float], down: tuple[int, int, float, float], options: dict[str, bool], seed: int
) -> None:
    (width, new_width, left, right), (height, new_height, top, bottom) = across, down
    size, box = (new_width, new_height), (left, top, right, bottom)
    image, whole = (jpeg("RGB", (width, height), seed, **options) for _ in range(2))

    resampled = resample_while_decoding(image, size, box)

    assume(resampled is not None)
    assert resampled is not None
    assert resampled.tobytes() == resample(whole, size, box).tobytes()
    assert resampled.info == {}


@needs_sieves
def test_most_photographs_are_resampled_while_they_are_decoded() -> None:
    resampled = resample_while_decoding(jpeg("RGB", (400, 300), seed=4), (160, 120), (0, 0, 400, 300))

    assert resampled is not None
    assert resampled.size == (160, 120)


@needs_sieves
def test_a_part_so_thin_that_single_precision_sees_none_is_resampled_all_the_same() -> None:
    size, box = (2, 40), (30_000.0001, 0.0, 30_000.0002, 9.0)
    image, whole = (jpeg("RGB", (60_000, 9), seed=7) for _ in range(2))

    resampled = resample_while_decoding(image, size, box)

    assert resampled is not None
    assert resampled.tobytes() == resample(whole, size, box).tobytes()


@needs_sieves
@pytest.mark.parametrize(
    ("mode", "size", "box"),
    [
        pytest.param("L", (16, 12), (0, 0, 40, 30), id="grey"),
        pytest.param("CMYK", (16, 12), (0, 0, 40, 30), id="four inks"),
        pytest.param("RGB", (10, 12), (0, 0, 40, 30), id="averaged first"),
        pytest.param("RGB", (40, 12), (0, 0, 40, 30), id="as wide as before"),
        pytest.param("RGB", (16, 30), (0, 0, 40, 30), id="as high as before"),
        pytest.param("RGB", (16, 12), (0, 0, 4, 30), id="of too few columns"),
    ],
)
def test_an_image_that_must_be_whole_is_not_touched(mode: str, size: tuple[int, int], box: tuple[float, ...]) -> None:
    image = jpeg(mode, (40, 30) if box[2] == 40 else (4, 30), seed=5)

    assert resample_while_decoding(image, size, (box[0], box[1], box[2], box[3])) is None
    assert image.tile
    assert image.resize((3, 3)).size == (3, 3)


@needs_sieves
def test_an_incomplete_result_can_not_be_taken(save: Callable[..., bytes]) -> None:
    data = save(noise("RGB", (300, 200), seed=2), "JPEG")
    sieve = _imaging.new_sieve("RGB", (300, 200), (120, 80), (0, 0, 300, 200))

    with pytest.raises(OSError, match="truncated"):
        resample_while_decoding(Image.open(BytesIO(data[: len(data) // 2])), (120, 80), (0, 0, 300, 200))
    with pytest.raises(ValueError, match="nothing was resampled"):
        sieve.take_sieved()
    with pytest.raises(ValueError, match="nothing was resampled"):
        Image.new("RGB", (3, 3)).im.take_sieved()


@needs_sieves
def test_a_result_can_be_taken_once() -> None:
    image, again = jpeg("RGB", (300, 200), seed=6), jpeg("RGB", (300, 200), seed=6)
    image.im = again.im = _imaging.new_sieve("RGB", (300, 200), (120, 80), (0, 0, 300, 200))
    image.load()
    image.im.take_sieved()

    again.load()  # into what has no result any more

    with pytest.raises(ValueError, match="nothing was resampled"):
        image.im.take_sieved()


@needs_sieves
@pytest.mark.parametrize(
    ("size", "result", "box"),
    [
        ((0, 9), (3, 3), (0, 0, 0, 9)),
        ((9, 9), (0, 3), (0, 0, 9, 9)),
        ((9, 9), (3, -3), (0, 0, 9, 9)),
        ((9, 9), (3, 3), (-1, 0, 9, 9)),
        ((9, 9), (3, 3), (0, 0, 10, 9)),
        ((9, 9), (3, 3), (5, 0, 4, 9)),
        ((9, 9), (3, 3), (0, 0, float("nan"), 9)),
    ],
)
def test_a_sieve_has_sizes_and_a_box_inside(
    size: tuple[int, int], result: tuple[int, int], box: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="must be"):
        _imaging.new_sieve("RGB", size, result, box)
