from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from imaging.errors import UnusableWatermark
from imaging.watermark import MAX_BYTES, MAX_PIXELS, check_watermark_bytes, open_watermark
from profiles import swapped_profile

if TYPE_CHECKING:
    from imaging.limits import Limits

Save = Callable[..., bytes]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1", "CMYK"])
def test_any_image_can_be_a_watermark(save: Save, limits: Limits, mode: str) -> None:
    data = save(Image.new(mode, (30, 20)), "TIFF")

    mark = open_watermark(data, "logo.tif", limits)

    assert mark.size == (30, 20)
    assert mark.mode in ("L", "LA", "RGB", "RGBA")


def test_a_watermark_is_upright_and_whole(save: Save, limits: Limits) -> None:
    image = Image.new("RGB", (30, 20))
    image.paste((255, 0, 0), (0, 0, 15, 20))
    exif = Image.Exif()
    exif[274] = 6  # turned clockwise to be seen

    mark = open_watermark(save(image, "JPEG", quality=95, exif=exif), "logo.jpg", limits)

    assert mark.size == (20, 30)
    assert mark.getpixel((10, 5)) == pytest.approx((255, 0, 0), abs=3)
    assert mark.getpixel((10, 25)) == pytest.approx((0, 0, 0), abs=3)


def test_a_watermark_is_converted_to_srgb(save: Save, limits: Limits) -> None:
    data = save(Image.new("RGB", (9, 9), (255, 0, 0)), "PNG", icc_profile=swapped_profile())
    mark = open_watermark(data, "a.png", limits)
    assert mark.getpixel((4, 4)) == (0, 0, 255)

    cmyk = save(Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "TIFF")
    assert open_watermark(cmyk, "logo.tif", limits).getpixel((4, 4)) == (255, 0, 0)


def test_of_an_animation_the_first_frame_is_used(save: Save, limits: Limits) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ((255, 0, 0), (0, 0, 255))]

    mark = open_watermark(save(frames, "GIF"), "logo.gif", limits)

    assert mark.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def damaged(save: Save) -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (60, 60, 3), np.uint8)
    return save(Image.fromarray(noise), "PNG")[:-2000]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda _: b"<svg/>", "not an image of a supported format"),
        (lambda _: b"", "not an image of a supported format"),
        (lambda save: save(Image.new("1", (4001, 1000)), "PNG"), "4,000,000 pixels"),
        (lambda _: bytes(MAX_BYTES + 1), "5,000,001 bytes"),
        (damaged, "damaged"),
    ],
)
def test_an_unusable_watermark_is_named(save: Save, limits: Limits, make: Callable[[Save], bytes], reason: str) -> None:
    with pytest.raises(UnusableWatermark, match=reason) as caught:
        open_watermark(make(save), "l\x00go.png", limits)

    assert "'l?go.png'" in caught.value.detail
    assert "original" not in caught.value.detail


def test_a_watermark_of_the_maximum_size_is_read(save: Save, limits: Limits) -> None:
    assert open_watermark(save(Image.new("1", (MAX_PIXELS // 100, 100)), "PNG"), "a", limits).height == 100
    check_watermark_bytes("a", MAX_BYTES)


def test_the_deployment_s_limits_count_too(save: Save, limits: Limits) -> None:
    strict = type(limits)(1000, 99, 99, 1)

    with pytest.raises(UnusableWatermark, match="pixels"):
        open_watermark(save(Image.new("1", (10, 10)), "PNG"), "logo.png", strict)


def test_nothing_of_its_file_is_kept(save: Save, limits: Limits) -> None:
    data = save(Image.new("RGB", (9, 9)), "PNG", dpi=(72, 72))
    assert Image.open(BytesIO(data)).info

    assert not open_watermark(data, "logo.png", limits).info
