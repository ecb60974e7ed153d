"""No result larger than it must be, and chroma where it shows: palettes, quality of the original, subsampling."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from imaging.reading.quantisation import estimate_quality

if TYPE_CHECKING:
    from imaging.writing.encoder import Encoded

Save = Callable[..., bytes]
Transcode = Callable[[bytes, str], "Encoded"]


def noisy(mode: str, levels: int) -> Image.Image:
    """Return an image of that mode with so many levels, of palettes colours, placed at random."""
    indices = np.random.default_rng(levels).integers(0, levels, (60, 80)).astype(np.uint8)
    if mode == "P":
        image = Image.fromarray(indices).convert("P")
        image.putpalette(bytes(range(256)) * 3)
        image.putpalette(bytes(value for n in range(256) for value in (n, 255 - n, n * 7 % 256)))
        return image
    return Image.fromarray(indices * (255 // (levels - 1))).convert(mode, dither=Image.Dither.NONE)


@pytest.mark.parametrize("levels", [2, 4, 16, 200, 256, 1])
@pytest.mark.parametrize("segment", ["f=png", "70x50,fit=cover,crop=0:0:70:50", "90x,flip=h"])
@pytest.mark.parametrize("fmt", ["PNG", "GIF", "BMP"])
def test_a_palette_and_few_bits_are_kept_where_the_result_fits(
    transcode: Transcode, save: Save, levels: int, segment: str, fmt: str
) -> None:
    mode = "1" if levels == 1 else "P"
    original = noisy(mode, max(levels, 2))

    found = Image.open(BytesIO(transcode(save(original, fmt), segment + ",f=png" * ("f=" not in segment)).body))

    assert found.mode == ("1" if mode == "1" else "P")
    expected = original.convert("RGB")
    if "crop" in segment:
        expected = expected.crop((0, 0, 70, 50))
    if "flip" in segment:
        expected = expected.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert found.convert("RGB").tobytes() == expected.tobytes()


@pytest.mark.parametrize("levels", [3, 40, 255])
def test_a_palette_with_alpha_is_kept(transcode: Transcode, save: Save, levels: int) -> None:
    original = noisy("P", levels)
    alpha = bytes((n * 5) % 256 for n in range(256))

    found = Image.open(BytesIO(transcode(save(original, "PNG", transparency=alpha), "f=png").body))

    assert found.mode == "P"
    original.info["transparency"] = alpha
    assert found.convert("RGBA").tobytes() == original.convert("RGBA").tobytes()


def test_more_colours_than_a_palette_holds_are_all_kept(transcode: Transcode, save: Save) -> None:
    found = Image.open(BytesIO(transcode(save(noisy("P", 256), "PNG"), "37x,f=png").body))

    assert found.mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "P"])
def test_a_resize_that_changes_nothing_is_not_larger(transcode: Transcode, save: Save, mode: str) -> None:
    data = save(noisy(mode, 2 if mode == "1" else 200), "PNG")

    assert len(transcode(data, "80x").body) <= len(data) * 1.02 + 20


@pytest.mark.parametrize("quality", [1, 10, 30, 50, 60, 75, 80, 90, 95, 99, 100])
def test_the_quality_of_a_jpeg_is_read_from_its_table(save: Save, quality: int) -> None:
    image = Image.open(BytesIO(save(noisy("L", 99), "JPEG", quality=quality)))

    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    assert estimate_quality(image.quantization[0]) == pytest.approx(quality, abs=2 if quality > 10 else 10)


@pytest.mark.parametrize("quality", [20, 40, 60, 75])
@pytest.mark.parametrize("segment", ["f=jpeg", "flip=h,f=jpeg", "f=webp", "f=avif"])
def test_a_result_of_the_same_size_has_no_higher_quality(
    transcode: Transcode, photo: Callable[[str], bytes], save: Save, quality: int, segment: str
) -> None:
    data = save(Image.open(BytesIO(photo("chelsea.png"))).convert("RGB"), "JPEG", quality=quality)

    made = len(transcode(data, segment).body)

    assert made <= len(data) * 1.02
    assert made < len(transcode(data, f"{segment},q=80").body)


def test_a_small_result_of_a_coarse_original_has_the_default_quality(
    transcode: Transcode, photo: Callable[[str], bytes], save: Save
) -> None:
    data = save(Image.open(BytesIO(photo("chelsea.png"))).convert("RGB"), "JPEG", quality=30)

    assert transcode(data, "100x").body == transcode(data, "100x,q=80").body


@pytest.mark.parametrize(("quality", "layers"), [(50, 2), (80, 2), (89, 2), (90, 0), (95, 0), (100, 0)])
def test_chroma_is_whole_from_quality_90_on(
    transcode: Transcode, photo: Callable[[str], bytes], quality: int, layers: int
) -> None:
    found = Image.open(BytesIO(transcode(photo("chelsea.png"), f"200x,f=jpeg,q={quality}").body))

    assert JpegImagePlugin.get_sampling(found) == layers


@pytest.mark.parametrize(("quality", "whole"), [(80, False), (90, True)])
def test_a_thin_red_line_stays_red_at_a_high_quality(
    transcode: Transcode,
    save: Save,
    quality: int,
    whole: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    image = Image.new("RGB", (64, 64), "white")
    image.paste("red", (21, 0, 22, 64))

    for fmt in ("jpeg", "avif"):
        made = transcode(save(image, "PNG"), f"f={fmt},q={quality}").body
        red, green, _ = np.asarray(Image.open(BytesIO(made)).convert("RGB"), int)[30, 21]
        assert (red - green > 150) == whole


def test_noise_at_the_highest_quality_fits_into_the_buffer(transcode: Transcode, save: Save) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (300, 400, 3)).astype(np.uint8))

    assert transcode(save(noise, "PNG"), "f=jpeg,q=100").width == 400
