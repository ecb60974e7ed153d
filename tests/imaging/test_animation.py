"""Animations stay animations, whatever container they come and go in."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.decoder import MAX_DURATION
from imaging.encoder import Encoded

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


@pytest.mark.parametrize("to", ["gif", "webp", "png"])
@pytest.mark.parametrize(
    ("original", "plays"),
    [(("GIF", 0), 0), (("GIF", 2), 3), (("GIF", None), 1), (("WEBP", 3), 3), (("PNG", 1), 1)],
)
def test_it_is_played_as_often(
    transcode: Transcode, save: Save, original: tuple[str, int | None], plays: int, to: str
) -> None:
    came, loop = original
    options = {} if loop is None else {"loop": loop}
    data = save(disc((9, 99, 199, 255)), came, duration=50, **options)

    found = Image.open(BytesIO(transcode(data, f"60x,f={to}").body)).info.get("loop")

    expected = {0: 0, 1: None, 3: 2}[plays] if to == "gif" else plays
    assert found == expected


@pytest.mark.parametrize("came", ["GIF", "WEBP", "PNG", "AVIF"])
def test_a_format_that_stands_still_shows_the_first_frame(transcode: Transcode, save: Save, came: str) -> None:
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
def test_durations_that_no_format_holds_are_cut(transcode: Transcode, save: Save, to: str) -> None:
    first, second, *_ = disc((250, 200, 30, 255))
    data = save([first, second, second, second], "WEBP", duration=[0, 16_000_000, 16_000_000, 1], lossless=True)

    found = frames_of(transcode(data, f"60x,f={to}").body)

    assert found[0][1] <= 1  # AVIF has no shorter time
    assert found[1][1] == pytest.approx(MAX_DURATION, abs=10)
