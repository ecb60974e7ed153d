from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from imaging.pixels import in_mode, to_resizable

if TYPE_CHECKING:
    from collections.abc import Callable


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("1", "L"), ("L", "L"), ("LA", "LA"), ("P", "RGB"), ("RGB", "RGB"), ("RGBA", "RGBA"), ("I;16", "L"), ("I", "L")],
)
def test_every_mode_becomes_one_that_can_be_averaged(mode: str, expected: str) -> None:
    assert to_resizable(Image.new(mode, (3, 3))).mode == expected


def test_an_image_that_is_in_the_mode_is_not_copied() -> None:
    image = Image.new("RGB", (3, 3))
    assert in_mode(image, "RGB") is image
    assert in_mode(image, "L").mode == "L"


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_sixteen_bits_keep_the_whole_range(mode: str) -> None:
    image = Image.new(mode, (3, 1))
    for x, level in enumerate((0, 0x8000, 0xFFFF)):
        image.putpixel((x, 0), level)

    assert to_resizable(image).tobytes() == bytes([0, 0x80, 0xFF])


def test_a_colour_key_becomes_alpha(save: Callable[..., bytes]) -> None:
    image = Image.new("RGB", (2, 1), (255, 0, 0))
    image.putpixel((1, 0), (0, 255, 0))

    plain = to_resizable(opened(save(image, "PNG", transparency=(255, 0, 0))))

    assert plain.getchannel("A").tobytes() == bytes([0, 255])


def test_a_transparent_palette_entry_becomes_alpha(save: Callable[..., bytes]) -> None:
    image = Image.new("RGB", (2, 1), (255, 0, 0))
    image.putpixel((1, 0), (0, 255, 0))
    paletted = image.quantize(2)

    plain = to_resizable(opened(save(paletted, "PNG", transparency=paletted.getpixel((0, 0)))))

    assert plain.mode == "RGBA"
    assert plain.getchannel("A").tobytes() == bytes([0, 255])


def test_a_key_of_sixteen_bits_is_dropped() -> None:
    image = Image.new("RGB", (2, 1))
    image.info["transparency"] = (300, 0, 0)

    assert to_resizable(image).mode == "RGB"


def test_nothing_but_pixels_is_kept() -> None:
    image = Image.new("RGB", (2, 1))
    image.info.update(icc_profile=b"x", exif=b"y", comment=b"z")

    assert to_resizable(image).info == {}
