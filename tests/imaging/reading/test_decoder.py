from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from grammar.transform import parse_transform
from imaging.reading import decoder
from imaging.reading.decoder import decode

if TYPE_CHECKING:
    from imaging.limits import Limits

Save = Callable[..., bytes]


@pytest.mark.parametrize(
    ("segment", "size"),
    [
        ("", (1600, 800)),
        ("1600x", (1600, 800)),
        ("800x", (1600, 800)),  # exactly a half: reduced one step less, which is not at all
        ("600x", (1600, 800)),
        ("500x", (800, 400)),
        ("400x", (800, 400)),
        ("300x", (400, 200)),
        ("200x", (400, 200)),
        ("150x", (200, 100)),
        ("x75", (200, 100)),
        ("150x,dpr=2", (400, 200)),
        ("50x50,fit=fill", (200, 100)),
        ("400x50,fit=fill", (800, 400)),
        ("100x100,fit=cover", (400, 200)),
    ],
)
def test_a_jpeg_is_decoded_at_the_smallest_sufficient_size(
    limits: Limits, save: Save, segment: str, size: tuple[int, int]
) -> None:
    data = save(Image.new("L", (1600, 800)), "JPEG")  # in colour it would be resampled while it is decoded

    picture = decode(data, parse_transform(segment or "f=jpeg"), limits)

    assert picture.frames[0].image.size == size


@pytest.mark.parametrize("size", [(1601, 799), (17, 9), (8191, 3)])
def test_the_region_of_a_reduced_jpeg_is_inside_it(limits: Limits, save: Save, size: tuple[int, int]) -> None:
    picture = decode(save(Image.new("L", size), "JPEG"), parse_transform("5x5,fit=cover,g=southeast"), limits)

    left, top, right, bottom = picture.box
    width, height = picture.frames[0].image.size
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


def test_a_multi_picture_jpeg_is_one_picture(limits: Limits, save: Save) -> None:
    data = save([Image.new("RGB", (90, 60), "red"), Image.new("RGB", (30, 20), "blue")], "MPO")

    picture = decode(data, parse_transform("f=webp"), limits)

    assert picture.original.name == "jpeg"
    assert len(picture.frames) == 1
    assert picture.frames[0].image.size == (90, 60)


def test_frames_are_made_small_one_by_one(limits: Limits, save: Save) -> None:
    frames = [Image.new("RGB", (400, 400), (shade, 0, 0)) for shade in range(0, 250, 50)]

    picture = decode(save(frames, "GIF", duration=40), parse_transform("40x40"), limits)

    assert {frame.image.size for frame in picture.frames} == {(40, 40)}
    assert picture.box == (0, 0, 40, 40)


def test_only_the_first_frame_is_decoded_for_a_format_without_animation(limits: Limits, save: Save) -> None:
    frames = [Image.new("RGB", (40, 40), (shade, 0, 0)) for shade in range(0, 250, 50)]

    assert len(decode(save(frames, "WEBP"), parse_transform("f=jpeg"), limits).frames) == 1


def test_the_default_image_of_an_apng_is_not_a_frame(limits: Limits, save: Save) -> None:
    still, *frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    data = save([still, *frames], "PNG", duration=40, default_image=True)

    picture = decode(data, parse_transform("f=webp"), limits)

    assert [frame.image.getpixel((0, 0)) for frame in picture.frames] == [(0, 128, 0), (0, 0, 255)]
    assert decode(data, parse_transform("f=jpeg"), limits).frames[0].image.getpixel((0, 0)) == (255, 0, 0)


def test_a_bug_is_not_blamed_on_the_file(limits: Limits, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(decoder, "sniff", broken)

    with pytest.raises(AssertionError):
        decode(save(Image.new("L", (9, 9)), "PNG"), parse_transform("9x"), limits)
