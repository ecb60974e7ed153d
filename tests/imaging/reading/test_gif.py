"""GIF as browsers show it: without an end, with a broken picture, with parts of the canvas that no picture covers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageSequence

if TYPE_CHECKING:
    from imaging.writing.encoder import Encoded

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]

TABLE = bytes((255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255))
CLEAR, RED, GREEN = (0, 0, 0, 0), (255, 0, 0, 255), (0, 255, 0, 255)


def picture(box: tuple[int, int, int, int], index: int, disposal: int = 0, key: int | None = None) -> bytes:
    """Return a picture of one colour: codes of two bits, the table cleared before each pixel."""
    codes = [code for _ in range(box[2] * box[3]) for code in (4, index)] + [5]
    number = sum(code << 3 * place for place, code in enumerate(codes))
    data = number.to_bytes(-(-3 * len(codes) // 8), "little")
    control = bytes((0x21, 0xF9, 4, disposal << 2 | (key is not None), 10, 0, key or 0, 0))
    return control + b"," + struct.pack("<4HB", *box, 0) + b"\x02" + bytes([len(data)]) + data + b"\0"


def gif(*pictures: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x81, 3, 0) + TABLE + b"".join(pictures) + b";"


def corners(image: Image.Image) -> list[list[object]]:
    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    pixels = [[frame.getpixel((0, 0)), frame.getpixel((3, 3))] for frame in frames]
    return [[CLEAR if isinstance(pixel, tuple) and not pixel[3] else pixel for pixel in pair] for pair in pixels]


SHOWN = {
    "a small still": ([picture((0, 0, 2, 2), 0)], [[RED, CLEAR]]),
    "a still away from the corner": ([picture((2, 2, 2, 2), 1)], [[CLEAR, GREEN]]),
    "a still of its key": ([picture((0, 0, 2, 2), 0, key=0)], [[CLEAR, CLEAR]]),
    "pictures beside each other": (
        [picture((0, 0, 2, 2), 0), picture((2, 2, 2, 2), 1)],
        [[RED, CLEAR], [RED, GREEN]],
    ),
    "a whole one that is removed": (
        [picture((0, 0, 4, 4), 0, disposal=2), picture((2, 2, 2, 2), 1)],
        [[RED, RED], [CLEAR, GREEN]],
    ),
    "a small one that is removed": (
        [picture((0, 0, 2, 2), 0, disposal=2), picture((2, 2, 2, 2), 1)],
        [[RED, CLEAR], [CLEAR, GREEN]],
    ),
    "a small one that gives way to what was there": (
        [picture((0, 0, 2, 2), 0), picture((2, 2, 2, 2), 1, disposal=3), picture((1, 1, 1, 1), 1)],
        [[RED, CLEAR], [RED, GREEN], [RED, CLEAR]],
    ),
}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("fmt", ["webp", "png", "gif"])
def test_what_no_picture_covers_is_transparent(render: Render, name: str, fmt: str) -> None:
    pictures, right = SHOWN[name]

    assert corners(render(gif(*pictures), f"f={fmt},lossless=true")) == right


def moving(save: Save, **options: object) -> bytes:
    frames = [Image.effect_mandelbrot((60, 40), (-2, -1, 1, 1), 50 + 9 * n).convert("RGB") for n in range(3)]
    return save(frames, "GIF", **({"duration": 100, "loop": 0} | options))


@pytest.mark.parametrize("segment", ["f=webp", "f=png", "f=gif", "30x,f=webp", "animate=false"])
@pytest.mark.parametrize("end", [1, 2, 50, 400])
def test_a_gif_is_shown_as_far_as_it_goes(
    transcode: Callable[[bytes, str], Encoded], save: Save, segment: str, end: int
) -> None:
    made = transcode(moving(save)[:-end], segment)

    assert made.frames == (1 if "false" in segment else 3)


def test_a_broken_picture_does_not_stop_the_others(transcode: Callable[[bytes, str], Encoded], save: Save) -> None:
    data = bytearray(moving(save))
    second = data.index(b",", data.index(b",\0\0\0\0") + 400)
    data[second + 40 : second + 60] = b"\xff" * 20

    assert transcode(bytes(data), "f=webp").frames >= 2


@pytest.mark.parametrize("loop", [1, 999, 65_534, 65_535])
@pytest.mark.parametrize("fmt", ["gif", "webp", "png"])
def test_any_count_of_repetitions_is_written(render: Render, save: Save, loop: int, fmt: str) -> None:
    found = render(moving(save, loop=loop), f"f={fmt}")

    assert found.info["loop"] == (loop if fmt == "gif" else min(loop + 1, 65_535))
