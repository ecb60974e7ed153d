"""Originals and their derivatives show which key and version they are."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from imaging import transcode
from imaging.limits import Limits
from lab.chaos.originals import COLOURS, FORMATS, UnreadableImageError, draw, read

LIMITS = Limits(max_input_bytes=10**6, max_input_pixels=10**6, max_output_pixels=10**6, max_frames=1)
EXTREMES = (0, 1, 5, 30, 93, 121, 200, 215)


@pytest.mark.parametrize("key", range(len(FORMATS)))
def test_an_original_shows_its_key_and_version(key: int) -> None:
    for version in range(len(COLOURS)):
        assert read(draw(key, version)) == (key, version)


@pytest.mark.parametrize(
    "transform", ["32x", "33x,f=avif", "57x,f=jpeg", "48x,f=webp", "32x32,fit=cover,q=40", "dpr=1"]
)
def test_a_derivative_shows_the_same(transform: str) -> None:
    for key in EXTREMES:
        for version in reversed(EXTREMES):
            assert read(transcode(draw(key, version), transform, limits=LIMITS).body) == (key, version)


def test_a_truncated_or_mixed_image_is_unreadable() -> None:
    with pytest.raises(UnreadableImageError):
        read(draw(0, 1)[:60])
    with pytest.raises(UnreadableImageError):
        read(b"")
    mixed = Image.new("RGB", (96, 64), COLOURS[3])
    mixed.paste(COLOURS[100], (0, 30, 96, 64))
    buffer = io.BytesIO()
    mixed.save(buffer, "PNG")
    with pytest.raises(UnreadableImageError):
        read(buffer.getvalue())
