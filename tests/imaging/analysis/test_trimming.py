from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.analysis.trimming import find_content

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]


@given(st.integers(1, 40), st.integers(1, 700), st.data())
def test_the_content_is_the_smallest_box_around_different_pixels(width: int, height: int, data: st.DataObject) -> None:
    image = Image.new("L", (width, height), 200)
    points = data.draw(
        st.lists(st.tuples(st.integers(0, width - 1), st.integers(0, height - 1)), min_size=1, max_size=4)
    )
    points = [point for point in points if point != (0, 0)]
    for point in points:
        image.putpixel(point, 189)

    found = find_content(image, (0, 0, width, height), 10)

    columns, rows = [x for x, _ in points], [y for _, y in points]
    expected = (min(columns), min(rows), max(columns) + 1, max(rows) + 1) if points else (0, 0, width, height)
    assert found == expected
    assert find_content(image, (0, 0, width, height), 11) == (0, 0, width, height)


def test_transparent_pixels_are_alike_whatever_their_colour() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((255, 9, 9, 0), (0, 0, 20, 10))
    image.paste((255, 9, 9, 255), (5, 6, 8, 9))

    assert find_content(image, (0, 0, 20, 20), 0) == (5, 6, 8, 9)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_edges_of_a_turned_photograph_are_cut(render: Render, save: Save, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.new("RGB", (64, 48), (255, 255, 255))
    stored.paste((10, 60, 200), (16, 8, 48, 24))

    image = render(save(stored, "PNG", exif=exif), "trim=10")

    assert image.size == ((16, 32) if orientation > 4 else (32, 16))
    assert image.getcolors() == [(512, (10, 60, 200))]


def test_trim_is_after_the_crop_and_before_the_box(render: Render, save: Save) -> None:
    image = Image.new("RGB", (100, 100), (255, 255, 255))
    image.paste((10, 60, 200), (20, 40, 60, 60))
    data = save(image, "PNG")

    assert render(data, "trim=10,20x").size == (20, 10)
    assert render(data, "trim=10,crop=0:0:40:100").size == (20, 20)
    assert render(data, "trim=10,crop=0.5:0.0:0.5:1.0").size == (10, 20)
    assert render(data, "trim=10,rotate=90").size == (20, 40)
    assert render(data, "trim=10,20x40,fit=cover,f=jpeg").size == (20, 40)


def test_edges_of_jpeg_are_alike_within_a_tolerance(render: Render, save: Save) -> None:
    image = Image.new("RGB", (400, 300), (250, 250, 250))
    image.paste((20, 20, 20), (96, 64, 304, 240))
    data = save(image, "JPEG", quality=80)

    width, height = render(data, "trim=30").size

    assert abs(width - 208) <= 8
    assert abs(height - 176) <= 8


def test_a_plain_image_stays_whole(render: Render, save: Save) -> None:
    assert render(save(Image.new("CMYK", (30, 20), (9, 9, 9, 9)), "JPEG"), "trim=0").size == (30, 20)


def test_an_animation_is_trimmed_by_its_first_frame(render: Render, save: Save) -> None:
    frames = [Image.new("RGB", (60, 40), (255, 255, 255)) for _ in range(3)]
    for step, frame in enumerate(frames):
        frame.paste((200, 0, 0), (10 + step, 10, 30 + step, 30))

    image = render(save(frames, "GIF", duration=100), "trim=5,f=webp")

    assert (image.size, image.n_frames) == ((20, 20), 3)  # type: ignore[attr-defined]
