"""Moving GIF: still pixels stay, a palette for all while it fits, delays of any length."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageSequence

if TYPE_CHECKING:
    from imaging.writing.encoder import Encoded

Save = Callable[..., bytes]
Transcode = Callable[[bytes, str], "Encoded"]


def scene(count: int, colours: int = 256) -> list[Image.Image]:
    """Return frames of a disc that moves over a still background, with one palette."""
    shape = Image.effect_mandelbrot((400, 300), (-2, -1.2, 1, 1.2), 60)
    back = Image.merge("RGB", (shape, shape.rotate(180), Image.linear_gradient("L").resize((400, 300))))
    frames = []
    for step in range(count):
        frame = back.copy()
        ImageDraw.Draw(frame).ellipse((10 + 14 * step, 140, 40 + 14 * step, 170), fill=(255, 40, 40))
        frames.append(frame)
    table = frames[0].quantize(colours)
    return [frame.quantize(palette=table, dither=Image.Dither.NONE) for frame in frames]


def shown(body: bytes) -> list[Any]:
    return [np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(Image.open(BytesIO(body)))]


def delays(image: Image.Image) -> list[int]:
    found = []
    for frame in ImageSequence.Iterator(image):
        frame.load()  # WebP's are known then
        found.append(round(frame.info["duration"]))
    return found


@pytest.mark.parametrize("segment", ["200x,f=gif", "123x,f=gif", "f=gif", "200x,rotate=90,f=gif", "150x,blur=2,f=gif"])
@pytest.mark.parametrize("colours", [16, 256])
def test_still_pixels_stay_and_all_frames_look_right(
    transcode: Transcode, save: Save, segment: str, colours: int
) -> None:
    data = save(scene(12, colours), "GIF", duration=80, loop=0)
    right = shown(transcode(data, segment.replace("gif", "webp,lossless=true")).body)

    made = transcode(data, segment).body

    found = shown(made)
    assert len(found) == len(right) == 12
    for index in range(12):
        assert np.abs(found[index] - right[index]).mean() < 4
    for index in range(1, 12):
        still = (right[index] == right[index - 1]).all(axis=2)
        assert (found[index] != found[index - 1]).any(axis=2)[still].mean() < 0.01
    assert colours < 256 or len(made) <= len(data) * 1.05


def test_a_scene_with_other_colours_has_a_palette_of_its_own(transcode: Transcode, save: Save) -> None:
    ramp = Image.linear_gradient("L").resize((200, 150))
    none = Image.new("L", ramp.size)
    images = [
        Image.merge("RGB", bands)
        for bands in ((ramp, none, none), (none, ramp, ramp.rotate(180)), (ramp, ramp.rotate(180), ramp))
    ]

    found = shown(transcode(save(images, "PNG", duration=90), "f=gif").body)

    for image, frame in zip(images, found, strict=True):
        assert np.abs(np.asarray(image, int) - frame).mean() < 4


@pytest.mark.parametrize("fmt", ["gif", "png", "webp"])
@pytest.mark.parametrize("seconds", [60, 66, 300, 655])
def test_delays_of_minutes_are_kept(transcode: Transcode, save: Save, fmt: str, seconds: int) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]
    data = save(frames, "GIF", duration=[100, seconds * 1000, 200], loop=0)

    made = Image.open(BytesIO(transcode(data, f"f={fmt}").body))

    found = delays(made)
    assert found == [100, seconds * 1000, 200]


@pytest.mark.parametrize("fmt", ["gif", "png", "webp"])
def test_the_time_of_equal_frames_is_added_up(transcode: Transcode, save: Save, fmt: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]
    data = save(frames, "WEBP", duration=[400_000, 500_000, 200], lossless=True, kmin=0)
    doubled = save([frames[0], frames[2]], "WEBP", duration=[900_000, 200], lossless=True)

    for original, total in ((data, 900_200), (doubled, 900_200)):
        made = Image.open(BytesIO(transcode(original, f"f={fmt}").body))
        found = sum(delays(made))
        assert found == pytest.approx(total, abs=10)
