"""Animations stay animations, whatever container they come and go in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from grammar.errors import MalformedTransform
from grammar.transform import Transform
from imaging.errors import TooLarge
from imaging.picture import MAX_DURATION
from imaging.reading.decoder import decode
from imaging.writing.encoder import Encoded

if TYPE_CHECKING:
    from imaging.limits import Limits

Transcode = Callable[[bytes, str], Encoded]
Save = Callable[..., bytes]
DURATIONS = [50, 100, 150, 200, 250]
MOVING = ["gif", "webp", "png", "avif"]


def disc(background: tuple[int, ...]) -> list[Image.Image]:
    """Return a black disc that moves to the right: black, since it must not be taken for what is transparent."""
    frames = []
    for step in range(len(DURATIONS)):
        frame = Image.new("RGBA", (120, 80), background)
        ImageDraw.Draw(frame).ellipse((step * 16, 10, step * 16 + 40, 60), fill=(0, 0, 0, 255))
        frames.append(frame)
    return frames


def frames_of(body: bytes) -> list[tuple[Image.Image, int]]:
    image = Image.open(BytesIO(body))
    found = []
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        image.load()
        found.append((image.convert("RGBA"), round(image.info.get("duration", 0))))
    return found


@pytest.mark.parametrize("background", [(250, 200, 30, 255), (0, 0, 0, 0)], ids=["opaque", "transparent"])
@pytest.mark.parametrize("to", MOVING)
@pytest.mark.parametrize("came", ["GIF", "WEBP", "PNG", "AVIF"])
def test_every_frame_is_shown_as_it_was(
    transcode: Transcode, save: Save, came: str, to: str, background: tuple[int, ...]
) -> None:
    frames = disc(background)
    options: dict[str, dict[str, Any]] = {"GIF": {"disposal": 2}, "WEBP": {"lossless": True}}
    data = save(frames, came, duration=DURATIONS, **options.get(came, {}))

    found = frames_of(transcode(data, f"60x40,f={to},q=95").body)

    assert [duration for _, duration in found] == DURATIONS
    for (image, _), frame in zip(found, frames, strict=True):
        seen, meant = np.asarray(image, float), np.asarray(frame.resize((60, 40), Image.Resampling.BOX), float)
        hidden, was_hidden = seen[..., 3] < 128, meant[..., 3] < 128
        assert (hidden != was_hidden).mean() < 0.02
        assert np.abs(seen - meant)[~hidden & ~was_hidden][:, :3].mean() < 8


@pytest.mark.parametrize(
    ("durations", "shown"),
    [
        ([33] * 6, [30, 40, 30, 30, 40, 30]),
        ([16] * 5, [20] * 5),
        ([15, 4, 10, 0, 25], [20, 0, 10, 0, 20]),
        ([50, 100, 70], [50, 100, 70]),
    ],
)
def test_a_gif_plays_at_the_speed_of_its_original(
    transcode: Transcode, save: Save, durations: list[int], shown: list[int]
) -> None:
    frames = [Image.new("RGB", (30, 20), (40 * step, 9, 9)) for step in range(len(durations))]
    data = save(frames, "WEBP", duration=durations, lossless=True)

    assert [duration for _, duration in frames_of(transcode(data, "f=gif").body)] == shown


@pytest.mark.parametrize("side", [60, 520], ids=["small", "large"])  # Pillow reduces the palettes of small ones
@pytest.mark.parametrize("order", ["fht", "thf", "fth", "tft", "hth"])
def test_frames_of_a_gif_may_hide_nothing_a_hole_or_everything(
    transcode: Transcode, save: Save, side: int, order: str
) -> None:
    def draw(kind: str) -> Image.Image:
        frame = Image.new("RGBA", (side, side), (0, 0, 0, 0) if kind == "t" else (40, 80, 160, 255))
        frame.paste((0, 0, 0, 0), (10, 10, 10 + 20 * (kind == "h"), 30))
        return frame

    frames = [draw(kind) for kind in order]
    data = save(frames, "WEBP", lossless=True, duration=100)

    body = transcode(data, "f=gif").body

    found = frames_of(body)
    assert (len(found), body.count(b"GIF89a")) == (len(frames), 1)
    for (image, _), frame in zip(found, frames, strict=True):
        assert np.abs(premultiply(image) - premultiply(frame)).max() <= 1
    assert all(extension[0] & 1 for extension in re.findall(rb"!\xf9\x04(.)...", body, re.DOTALL)), "not all have it"


def premultiply(image: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(image.convert("RGBa"), float)


@pytest.mark.parametrize("to", ["gif", "webp", "png"])
@pytest.mark.parametrize(
    ("original", "plays"),
    [(("GIF", 0), 0), (("GIF", 2), 3), (("GIF", None), 1), (("WEBP", 3), 3), (("PNG", 1), 1)],
)
def test_an_animation_keeps_its_number_of_plays(
    transcode: Transcode, save: Save, original: tuple[str, int | None], plays: int, to: str
) -> None:
    came, loop = original
    options = {} if loop is None else {"loop": loop}
    data = save(disc((9, 99, 199, 255)), came, duration=50, **options)

    found = Image.open(BytesIO(transcode(data, f"60x,f={to}").body)).info.get("loop")

    expected = {0: 0, 1: None, 3: 2}[plays] if to == "gif" else plays
    assert found == expected


@pytest.mark.parametrize("came", ["GIF", "WEBP", "PNG", "AVIF"])
def test_a_format_without_animation_shows_the_first_frame(transcode: Transcode, save: Save, came: str) -> None:
    encoded = transcode(save(disc((250, 200, 30, 255)), came, duration=50), "f=jpeg")

    assert encoded.frames == 1
    ((image, _),) = frames_of(encoded.body)
    found = np.asarray(image)[35, [20, 110]]
    assert np.allclose(found, [(0, 0, 0, 255), (250, 200, 30, 255)], atol=12)


@pytest.mark.parametrize("to", MOVING)
def test_frames_are_cropped_padded_and_coloured_alike(transcode: Transcode, save: Save, to: str) -> None:
    data = save(disc((0, 0, 0, 0)), "WEBP", duration=DURATIONS, lossless=True)

    found = frames_of(transcode(data, f"90x90,fit=pad,bg=00f,f={to},q=95").body)

    assert len(found) == len(DURATIONS)
    for image, _ in found:
        assert np.allclose(np.asarray(image)[3, 45], (0, 0, 255, 255), atol=12)


@pytest.mark.parametrize("to", ["gif", "png"])
def test_a_frame_that_repeats_is_shown_longer(transcode: Transcode, save: Save, to: str) -> None:
    first, second, *_ = disc((250, 200, 30, 255))
    data = save([first, first, second], "WEBP", duration=[100, 100, 300], lossless=True)

    encoded = transcode(data, f"60x,f={to}")

    assert encoded.frames == 2
    assert [duration for _, duration in frames_of(encoded.body)] == [200, 300]


@pytest.mark.parametrize("to", MOVING)
def test_durations_beyond_the_maximum_are_cut(transcode: Transcode, save: Save, to: str) -> None:
    first, second, *_ = disc((250, 200, 30, 255))
    data = save([first, second, second, second], "WEBP", duration=[0, 16_000_000, 16_000_000, 1], lossless=True)

    found = frames_of(transcode(data, f"60x,f={to}").body)

    assert found[0][1] <= 1  # AVIF has no shorter time
    longest = 655_350 if to == "gif" else MAX_DURATION  # with transparency, 16 bits of hundredths
    assert found[1][1] == pytest.approx(longest, abs=500)  # APNG then counts seconds


@pytest.mark.parametrize("came", ["GIF", "WEBP", "PNG", "AVIF"])
@pytest.mark.parametrize("index", [0, 2, 4])
def test_a_single_frame_can_be_requested(transcode: Transcode, save: Save, came: str, index: int) -> None:
    frames = disc((250, 200, 30, 255))
    data = save(frames, came, duration=DURATIONS, **({"disposal": 2} if came == "GIF" else {}))

    for to in ("jpeg", "webp", "gif"):
        ((image, _),) = frames_of(transcode(data, f"f={to},frame={index},q=95").body)
        difference = np.abs(np.asarray(image, float) - np.asarray(frames[index], float))
        assert difference.mean() < 6


@pytest.mark.parametrize("came", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_can_be_stopped(transcode: Transcode, save: Save, came: str) -> None:
    data = save(disc((250, 200, 30, 255)), came, duration=DURATIONS)

    stopped = transcode(data, "f=webp,animate=false")

    assert stopped.frames == 1
    assert stopped.body == transcode(data, "f=webp,frame=0").body


def test_the_first_frame_of_an_apng_is_not_its_default_image(transcode: Transcode, save: Save) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    data = save(frames, "PNG", default_image=True, duration=100)

    for index, colour in ((0, (0, 255, 0)), (1, (0, 0, 255))):
        ((image, _),) = frames_of(transcode(data, f"f=png,frame={index}").body)
        assert image.convert("RGB").getpixel((5, 5)) == colour
    with pytest.raises(MalformedTransform):
        transcode(data, "frame=2")


@pytest.mark.parametrize("came", ["GIF", "WEBP", "PNG", "AVIF", "JPEG"])
def test_a_frame_that_is_not_there_is_refused(transcode: Transcode, save: Save, came: str) -> None:
    frames = [frame.convert("RGB") for frame in disc((250, 200, 30, 255))]
    data = save(frames[0] if came == "JPEG" else frames, came, duration=100)

    with pytest.raises(MalformedTransform, match=f"the original has {1 if came == 'JPEG' else 5} frames"):
        transcode(data, "frame=5")


def test_only_the_frames_up_to_the_selected_one_count_in_the_limits(limits: Limits, save: Save) -> None:
    data = save(disc((250, 200, 30, 255)), "GIF", duration=100)
    few = replace(limits, max_frames=3, max_input_pixels=3 * 120 * 80)

    assert len(decode(data, Transform(frame=2), few).frames) == 1
    assert len(decode(data, Transform(animate=False), few).frames) == 1
    for transform in (Transform(frame=3), Transform()):
        with pytest.raises(TooLarge):
            decode(data, transform, few)
