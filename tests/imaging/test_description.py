from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageCms

from imaging.description import describe
from imaging.errors import DamagedImage, NotAnImage, TooLarge

if TYPE_CHECKING:
    from imaging.limits import Limits

Save = Callable[..., bytes]


def described(data: bytes, limits: Limits) -> dict[str, Any]:
    encoded = describe(data, limits)
    assert (encoded.content_type, encoded.format) == ("application/json", "json")
    found: dict[str, Any] = json.loads(encoded.body)
    assert (encoded.width, encoded.height, encoded.frames) == (found["width"], found["height"], found["frames"])
    return found


def test_a_photograph_is_described(photo: Callable[[str], bytes], limits: Limits) -> None:
    data = photo("hubble.jpg")

    found = described(data, limits)

    assert found.pop("blurhash").startswith("L")
    assert len(found.pop("color")) == 6
    image = Image.open(BytesIO(data))
    assert found == {
        "format": "jpeg",
        "width": image.width,
        "height": image.height,
        "bytes": len(data),
        "frames": 1,
        "alpha": False,
        "orientation": 1,
        "profile": found["profile"],
    }


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_size_is_the_one_that_is_seen(save: Save, limits: Limits, fmt: str) -> None:
    exif = Image.Exif()
    exif[274] = 6

    found = described(save(Image.new("RGB", (60, 40)), fmt, exif=exif), limits)

    assert (found["width"], found["height"]) == (40, 60)
    assert found["orientation"] in (1, 6)  # AVIF's decoder turns the pixels itself


@pytest.mark.parametrize(("fmt", "frames"), [("GIF", 3), ("WEBP", 3), ("PNG", 3), ("AVIF", 3)])
def test_a_description_has_frames_and_alpha(save: Save, limits: Limits, fmt: str, frames: int) -> None:
    moving = [Image.new("RGBA", (30, 20)) for _ in range(frames)]
    for step, frame in enumerate(moving):
        frame.paste((200, 0, 0, 255), (step, 5, step + 9, 15))

    found = described(save(moving, fmt, duration=100), limits)

    assert (found["frames"], found["format"]) == (frames, fmt.lower())
    assert found["alpha"]


def test_a_description_has_the_name_of_the_profile(save: Save, limits: Limits) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert described(save(Image.new("RGB", (9, 9)), "PNG", icc_profile=profile), limits)["profile"] == "sRGB built-in"
    assert described(save(Image.new("RGB", (9, 9)), "PNG", icc_profile=b"nonsense"), limits)["profile"] is None


def test_the_main_colour_is_the_most_frequent(save: Save, limits: Limits) -> None:
    image = Image.new("RGB", (100, 100), (192, 64, 32))
    image.paste((0, 0, 255), (0, 0, 100, 40))

    assert described(save(image, "PNG"), limits)["color"] == "c04020"


@pytest.mark.parametrize(("alpha", "colour"), [(255, "c04020"), (128, "df9f8f"), (0, "ffffff")])
def test_transparent_pixels_do_not_count_for_the_main_colour(
    save: Save, limits: Limits, alpha: int, colour: str
) -> None:
    image = Image.new("RGBA", (100, 100), (0, 255, 0, 0))
    image.paste((192, 64, 32, alpha), (20, 20, 60, 60))

    found = bytes.fromhex(described(save(image, "PNG"), limits)["color"])

    assert all(abs(one - other) <= 2 for one, other in zip(found, bytes.fromhex(colour), strict=True))


def test_a_single_pixel_has_a_blurhash(save: Save, limits: Limits) -> None:
    assert len(described(save(Image.new("L", (1, 1)), "PNG"), limits)["blurhash"]) == 28


def test_a_description_of_an_unreadable_file_is_refused(photo: Callable[[str], bytes], limits: Limits) -> None:
    with pytest.raises(NotAnImage):
        describe(b"<svg/>", limits)
    with pytest.raises(DamagedImage):
        describe(photo("coffee.png")[:5000], limits)
    with pytest.raises(TooLarge):
        describe(bytes(limits.max_input_bytes + 1), limits)
