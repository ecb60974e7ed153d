from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from imaging.reading.containers import read_gif, read_webp_size

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def animation(save: Callable[..., bytes]) -> bytes:
    frames = [Image.new("RGB", (30, 20), (60 * shade, 0, 0)) for shade in range(4)]
    return save(frames, "GIF", duration=50, loop=2, comment=b"secret")


def test_a_gif_is_measured_without_decoding_it(animation: bytes) -> None:
    gif = read_gif(animation, 100)

    assert (gif.width, gif.height, gif.frames) == (30, 20, 4)


def test_counting_ends_one_frame_past_the_limit(animation: bytes) -> None:
    assert read_gif(animation, 1).frames == 2


def test_comments_go_and_pictures_stay(animation: bytes) -> None:
    gif = read_gif(animation, 100)

    assert b"secret" in animation
    assert b"secret" not in gif.data
    with Image.open(BytesIO(gif.data)) as image:
        assert (getattr(image, "n_frames", 1), image.info["loop"], image.info["duration"]) == (4, 2, 50)


def test_the_canvas_includes_frames_that_reach_beyond_the_screen(animation: bytes) -> None:
    at = animation.index(b",\0\0\0\0" + struct.pack("<HH", 30, 20))
    moved = animation[: at + 1] + struct.pack("<HH", 1000, 2000) + animation[at + 5 :]

    assert read_gif(moved, 100).width == 1030
    assert read_gif(moved, 100).height == 2020


def test_a_gif_without_its_end_is_read_as_far_as_it_goes(animation: bytes) -> None:
    whole = read_gif(animation, 100)

    assert read_gif(animation[:-1], 100) == whole
    for end in range(len(animation)):
        try:
            found = read_gif(animation[:end], 100)
        except (IndexError, struct.error):
            continue  # in the first table
        assert found.frames <= whole.frames
        assert found.data.endswith(b";")


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}])
def test_a_webp_is_measured_in_each_of_its_three_layouts(
    save: Callable[..., bytes], options: dict[str, object]
) -> None:
    assert read_webp_size(save(Image.new("RGB", (301, 7)), "WEBP", **options)) == (301, 7)
