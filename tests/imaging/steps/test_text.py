from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from grammar.transform import parse_transform
from imaging.pipeline import apply
from imaging.reading.decoder import decode
from spellings import encode_text, parts

if TYPE_CHECKING:
    from imaging.limits import Limits

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]
RED = (255, 0, 0)
HELLO = encode_text("Hello")


@pytest.fixture
def red(save: Save) -> bytes:
    return save(Image.new("RGB", (200, 120), RED), "PNG")


def find(image: Image.Image, colour: tuple[int, ...] = RED) -> tuple[int, int, int, int]:
    """Return the box of the pixels that have another colour."""
    found = (np.asarray(image.convert("RGB")) != colour).any(axis=2)
    rows, columns = found.any(axis=1).nonzero()[0], found.any(axis=0).nonzero()[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize(
    ("options", "across", "down"),
    [
        ("", 0, 1),
        (",text_g=center", 0, 0),
        (",text_g=northwest", -1, -1),
        (",text_g=east", 1, 0),
        (",text_g=0:1", -1, 1),
    ],
)
def test_a_text_has_the_requested_place(render: Render, red: bytes, options: str, across: int, down: int) -> None:
    left, top, right, bottom = find(render(red, f"text={HELLO}{options}"))

    sides = {-1: (2, 60), 0: (70, 130), 1: (140, 198)}  # centred within a few pixels, or at the margin
    assert sides[across][0] <= left < right <= sides[across][1]
    heights = {-1: (2, 20), 0: (50, 70), 1: (100, 118)}
    assert heights[down][0] <= top < bottom <= heights[down][1]
    if across:
        assert min(left - 2, 198 - right) <= 1


def height(image: Image.Image) -> int:
    _, top, _, bottom = find(image)
    return bottom - top


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"text={HELLO},text_size=12", f"text={HELLO},text_size=0.06"),
        (f"100x,dpr=2,text={HELLO},text_size=6", f"200x,text={HELLO},text_size=12"),
        (f"100x,text={HELLO},text_size=0.12", f"100x,text={HELLO},text_size=12"),
    ],
)
def test_sizes_are_in_pixels_or_fractions_of_the_width(render: Render, red: bytes, one: str, other: str) -> None:
    assert render(red, one) == render(red, other)


def test_a_capital_letter_has_the_height_that_the_font_gives_it(render: Render, red: bytes) -> None:
    image = render(red, f"text={encode_text('H')},text_size=70,text_color=000000")
    black = (np.asarray(image) == 0).all(axis=2).any(axis=1)

    assert black.sum() == pytest.approx(0.714 * 70, abs=1)  # Open Sans: 1462 of 2048 units


def test_text_that_is_too_wide_shrinks_without_line_breaks(render: Render, red: bytes) -> None:
    image = render(red, f"text={encode_text('a text that is far too long for it')},text_size=60,text_margin=0.1")

    left, top, right, bottom = find(image)
    assert 12 <= left <= 15
    assert 185 <= right <= 188
    assert bottom - top < 20


def test_four_lines_in_little_room_are_made_smaller(render: Render, red: bytes) -> None:
    text = encode_text("A\nB\nC\nD")
    image = render(red, f"200x40,fit=cover,text={text},text_size=60,text_margin=0")

    _, top, _, bottom = find(image)
    assert 0 <= top < 6
    assert 34 < bottom <= 40


def test_lines_are_aligned_to_the_side_of_the_gravity(render: Render, red: bytes) -> None:
    text = encode_text("H\nHHHH")
    for gravity, expected in (("west", 0), ("center", 0.5), ("east", 1), ("0.25:0.5", 0.25)):
        image = render(red, f"text={text},text_g={gravity},text_size=24")
        left, top, right, bottom = find(image)
        middle = (top + bottom) // 2
        first, _, end, _ = find(image.crop((0, top, 200, middle)))
        assert (first - left) / (right - left - (end - first)) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("colour", "letters", "outline"),
    [("ffffff", 255, 0), ("000000", 0, 255), ("ffff00", 255, 0), ("0000ff", 0, 255), ("808080", 128, 0)],
)
def test_letters_stand_out_from_their_outline(
    render: Render, save: Save, colour: str, letters: int, outline: int
) -> None:
    grey = save(Image.new("RGB", (200, 120), (127, 127, 127)), "PNG")

    pixels = np.asarray(render(grey, f"text={encode_text('H')},text_size=100,text_color={colour}"))

    rgb = bytes.fromhex(colour)
    assert rgb[0] == letters
    assert (pixels == list(rgb)).all(axis=2).sum() > 1000
    assert (pixels == outline).all(axis=2).sum() > 500


def test_alpha_is_that_of_letters_and_outline(render: Render, red: bytes) -> None:
    text = f"text={encode_text('H')},text_size=100,text_color="
    opaque, half = (np.asarray(render(red, text + colour), float) for colour in ("0000ff", "0000ff80"))

    assert half == pytest.approx(opaque * 128 / 255 + np.array(RED) * 127 / 255, abs=2)


def test_over_transparency_only_the_letters_are_there(render: Render, save: Save) -> None:
    clear = save(Image.new("RGBA", (200, 120), (255, 0, 0, 0)), "PNG")

    pixels = np.asarray(render(clear, f"text={HELLO},text_size=60,text_color=0f0"))

    assert pixels[0, 0, 3] == 0
    inside = pixels[pixels[..., 3] == 255]
    assert len(inside) > 500
    assert inside[:, 0].max() <= 255 > inside[:, 1].min()
    assert not pixels[(pixels[..., 3] > 0), 0].any() or (pixels[..., 0] <= pixels[..., 1]).all()


def test_a_grey_image_stays_grey_under_grey_letters(render: Render, save: Save) -> None:
    grey = save(Image.new("L", (200, 120), 90), "PNG")

    assert render(grey, f"text={HELLO}").mode == "L"
    assert render(grey, f"text={HELLO},text_color=f00").mode == "RGB"


def test_a_text_is_drawn_over_the_watermark(render: Render, red: bytes) -> None:
    both = render(red, f"wm=a,wm_g=center,wm_scale=1,text={HELLO},text_g=center,text_size=40,text_color=00f")

    assert (np.asarray(both) == (0, 0, 255)).all(axis=2).sum() > 300


def test_every_frame_of_an_animation_has_it(render: Render, save: Save) -> None:
    moving = save([Image.new("RGB", (200, 120), (40 * step, 0, 0)) for step in (1, 2, 3)], "PNG")

    image = render(moving, f"text={HELLO}")

    assert image.n_frames == 3  # type: ignore[attr-defined] # an animation has it
    boxes = set()
    for frame in range(3):
        image.seek(frame)
        boxes.add(find(image, (40 * (frame + 1), 0, 0)))
    assert len(boxes) == 1


@pytest.mark.parametrize("options", ["q=auto,f=jpeg", "max_bytes=3000,f=webp", "f=gif", "f=avif"])
def test_a_text_is_encoded_in_every_format(render: Render, red: bytes, options: str) -> None:
    left, top, right, bottom = find(render(red, f"text={HELLO},text_size=60,{options}").convert("1"), (0, 0, 0))

    assert right - left > 100
    assert bottom - top > 30


@given(
    st.builds(Image.new, st.sampled_from(["L", "RGBA"]), st.tuples(st.integers(1, 90), st.integers(1, 90))),
    parts("text_gravity", "text_size", "text_margin", "dpr"),
    st.text("Hgjß\n€Ж", min_size=1, max_size=12).map(str.strip).filter(lambda text: text and text.count("\n") < 4),
)
def test_any_text_is_written_on_any_image(
    limits: Limits, save: Save, image: Image.Image, spelled: list[str], text: str
) -> None:
    transform = parse_transform(",".join([f"{image.width}x", f"text={encode_text(text)}", *spelled]))

    picture = decode(save(image, "PNG"), transform, limits)
    written = apply(picture, transform).frames[0].image

    assert written.size == picture.layout.outer
    if min(written.size) > 12:
        assert written != apply(picture, replace(transform, text=None)).frames[0].image
