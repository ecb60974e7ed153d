from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from grammar.transform import parse_transform
from imaging.errors import TooLarge
from imaging.formats import FORMATS, WRITTEN
from imaging.limits import Limits
from imaging.reading.decoder import decode

if TYPE_CHECKING:
    from collections.abc import Callable


def test_originals_at_the_limits_are_accepted(limits: Limits) -> None:
    limits.check_bytes(limits.max_input_bytes)
    limits.check_original(limits.max_input_pixels // 200, 1, 200)
    limits.check_result(16383, 1000, 1, FORMATS["webp"])


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        (Limits.check_bytes, (20_000_001,)),
        (Limits.check_original, (50_000_001, 1, 1)),
        (Limits.check_original, (1000, 1000, 51)),
        (Limits.check_original, (1, 1, 201)),
        (Limits.check_result, (20_000_001, 1, 1, FORMATS["png"])),
        (Limits.check_result, (1000, 1000, 21, FORMATS["webp"])),
        (Limits.check_result, (16384, 1, 1, FORMATS["webp"])),
        (Limits.check_result, (65501, 1, 1, FORMATS["jpeg"])),
        (Limits.check_result, (1, 65536, 1, FORMATS["gif"])),
        (Limits.check_result, (1, 32769, 1, FORMATS["avif"])),
    ],
)
def test_originals_just_beyond_the_limits_are_refused(
    limits: Limits, check: Callable[..., None], arguments: tuple[object]
) -> None:
    with pytest.raises(TooLarge):
        check(limits, *arguments)


def test_the_original_s_bytes_are_counted(limits: Limits, photo: Callable[[str], bytes]) -> None:
    data = photo("hubble.jpg")

    decode(data, parse_transform("10x"), replace(limits, max_input_bytes=len(data)))
    with pytest.raises(TooLarge, match="bytes"):
        decode(data, parse_transform("10x"), replace(limits, max_input_bytes=len(data) - 1))


def test_the_original_s_pixels_are_counted(limits: Limits, photo: Callable[[str], bytes]) -> None:
    with pytest.raises(TooLarge, match="1000 x 872 pixels"):
        decode(photo("hubble.jpg"), parse_transform("10x"), replace(limits, max_input_pixels=871_999))


def test_the_result_s_pixels_are_counted(limits: Limits, photo: Callable[[str], bytes]) -> None:
    with pytest.raises(TooLarge, match="16000 x 16000"):
        decode(photo("hubble.jpg"), parse_transform("8000x8000,fit=fill,dpr=2"), limits)


@pytest.mark.parametrize("fmt", ["GIF", "WEBP", "PNG", "AVIF"])
def test_the_frames_of_an_animation_are_counted(limits: Limits, save: Callable[..., bytes], fmt: str) -> None:
    data = save([Image.new("RGB", (40, 40), (40 * shade, 0, 0)) for shade in range(6)], fmt, duration=50)

    for few in (replace(limits, max_frames=5), replace(limits, max_input_pixels=5 * 40 * 40)):
        with pytest.raises(TooLarge):
            decode(data, parse_transform("f=webp"), few)
        assert len(decode(data, parse_transform("f=jpeg"), few).frames) == 1
    assert len(decode(data, parse_transform("f=webp"), replace(limits, max_frames=6)).frames) == 6


@pytest.mark.parametrize("name", WRITTEN)
def test_a_side_that_the_format_cannot_hold_is_too_large(limits: Limits, save: Callable[..., bytes], name: str) -> None:
    data = save(Image.new("L", (70000, 1)), "PNG")

    if FORMATS[name].max_side >= 70000:
        assert decode(data, parse_transform(f"f={name}"), limits).layout.canvas == (70000, 1)
    else:
        with pytest.raises(TooLarge, match="the longest side"):
            decode(data, parse_transform(f"f={name}"), limits)
