from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from grammar.transform import parse_transform
from imaging.analysis.focus import focus
from imaging.layout.framing import frame

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]
SKIN = (224, 172, 137)


def scene(kind: str, at: tuple[int, int], size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A plain grey image with something of 60 pixels at `at`."""
    image = Image.new("RGB", size, (128, 128, 128))
    draw = ImageDraw.Draw(image)
    x, y = at
    if kind == "edges":
        for step in range(0, 60, 4):
            draw.line((x + step, y, x + step, y + 60), fill=(230, 230, 230))
    else:
        draw.ellipse((x, y, x + 60, y + 60), fill=SKIN if kind == "skin" else (30, 60, 240))
    return image


@pytest.mark.parametrize("kind", ["edges", "skin", "colour"])
@pytest.mark.parametrize("at", [(0, 0), (100, 100), (330, 230), (20, 200)])
@pytest.mark.parametrize("box", ["90x300", "400x70"])
def test_the_crop_keeps_the_interesting_part(kind: str, at: tuple[int, int], box: str) -> None:
    image = scene(kind, at)

    layout = focus(frame(image.size, 1, parse_transform(f"{box},fit=cover,g=auto")), image, (1, 1)).layout

    (left, top), (width, height) = layout.crop, layout.inner
    assert left <= at[0] + 6
    assert top <= at[1] + 6
    assert at[0] + 54 <= left + width
    assert at[1] + 54 <= top + height


def test_a_face_counts_more_than_a_colour_as_large() -> None:
    image = scene("colour", (20, 100))
    ImageDraw.Draw(image).ellipse((320, 100, 380, 160), fill=SKIN)

    layout = focus(frame(image.size, 1, parse_transform("100x300,fit=cover,g=auto")), image, (1, 1)).layout

    assert layout.crop[0] >= 280


def test_of_a_plain_image_the_middle_is_kept() -> None:
    image = Image.new("RGB", (400, 300), (90, 120, 30))

    layout = focus(frame(image.size, 1, parse_transform("100x300,fit=cover,g=auto")), image, (1, 1)).layout

    assert abs(layout.crop[0] - 150) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG"])
def test_a_turned_photograph_is_cropped_as_the_viewer_sees_it(
    render: Render, save: Save, fmt: str, orientation: int
) -> None:
    stored = scene("edges", (1500, 1100), (1600, 1200))
    exif = Image.Exif()
    exif[274] = orientation

    image = render(save(stored, fmt, exif=exif), "75x50,fit=cover,g=auto,f=png")

    levels = np.asarray(image.convert("L"), float)
    assert levels.max() - levels.min() > 20  # the stripes are in it


def test_the_same_image_gives_the_same_crop_at_every_size(photo: Callable[[str], bytes]) -> None:
    image = Image.open(BytesIO(photo("astronaut.png"))).convert("RGB")

    places = []
    for width in (60, 120, 240):
        transform = parse_transform(f"{width}x{width * 3},fit=cover,g=auto")
        layout = focus(frame(image.size, 1, transform), image, (1, 1)).layout
        places.append(layout.crop[0] / layout.scaled[0])

    assert max(places) - min(places) < 0.03


def test_an_animation_is_cropped_by_its_first_frame(render: Render, save: Save) -> None:
    frames = [scene("edges", (10 + step, 100)) for step in range(3)]

    image = render(save(frames, "WEBP", duration=100, lossless=True), "100x300,fit=cover,g=auto")

    assert (image.size, image.n_frames) == ((100, 300), 3)  # type: ignore[attr-defined]
    assert image.convert("L").getextrema()[1] > 200  # type: ignore[operator] # a pair of numbers


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "CMYK"])
@pytest.mark.parametrize("segment", ["10x40,fit=cover,g=auto", "1x1,fit=cover,g=auto", "40x10,fit=pad,g=auto"])
def test_any_mode_and_size_has_a_focus(render: Render, save: Save, mode: str, segment: str) -> None:
    data = save(Image.new(mode, (3, 2)), "JPEG" if mode == "CMYK" else "PNG")

    assert render(data, segment).size == tuple(map(int, segment.split(",", maxsplit=1)[0].split("x")))
