from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from grammar.transform import parse_transform
from imaging.pipeline import apply
from imaging.reading.decoder import decode
from imaging.watermark import open_watermark
from imaging.writing.encoder import encode
from profiles import swapped_profile
from spellings import parts

if TYPE_CHECKING:
    from imaging.limits import Limits

Save = Callable[..., bytes]
Mark = Callable[[bytes, Image.Image, str], Image.Image]
RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def mark(save: Save, limits: Limits) -> Mark:
    """Lay a watermark over an original, and open what came out."""

    def mark(data: bytes, watermark: Image.Image, segment: str) -> Image.Image:
        transform = parse_transform(segment)
        picture = apply(
            decode(data, transform, limits), transform, open_watermark(save(watermark, "PNG"), "logo.png", limits)
        )
        image = Image.open(BytesIO(encode(picture, transform, 80).body))
        image.load()
        return image

    return mark


@pytest.fixture
def red(save: Save) -> bytes:
    return save(Image.new("RGB", (100, 60), RED), "PNG")


def find(image: Image.Image, colour: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the box of the pixels of that colour, all of which have it."""
    found = (np.asarray(image.convert("RGB")) == colour).all(axis=2)
    rows, columns = found.any(axis=1).nonzero()[0], found.any(axis=0).nonzero()[0]
    box = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    assert found[box[1] : box[3], box[0] : box[2]].all()
    return tuple(map(int, box))  # type: ignore[return-value] # four of them


BAR = Image.new("RGB", (20, 10), BLUE)


@pytest.mark.parametrize(
    ("segment", "box"),
    [
        ("wm=a", (79, 49, 99, 59)),
        ("wm=a,wm_margin=0", (80, 50, 100, 60)),
        ("wm=a,wm_g=northwest", (1, 1, 21, 11)),
        ("wm=a,wm_g=center", (40, 25, 60, 35)),
        ("wm=a,wm_g=south,wm_margin=0.1", (40, 44, 60, 54)),
        ("wm=a,wm_g=0:0.5", (1, 25, 21, 35)),
        ("wm=a,wm_scale=0.5", (49, 34, 99, 59)),
        ("wm=a,wm_scale=1,wm_margin=0", (0, 10, 100, 60)),
        ("wm=a,wm_scale=1,wm_margin=0.05", (3, 10, 97, 57)),
        ("50x,wm=a", (39, 24, 49, 29)),
        ("50x,dpr=2,wm=a", (79, 49, 99, 59)),
        ("100x100,fit=pad,wm=a,wm_margin=0", (80, 90, 100, 100)),
        ("wm=a,border=10:0f0", (89, 59, 109, 69)),
        ("rotate=90,wm=a,wm_margin=0", (48, 94, 60, 100)),
    ],
)
def test_a_watermark_has_the_requested_place_and_size(
    mark: Mark, red: bytes, segment: str, box: tuple[int, ...]
) -> None:
    assert find(mark(red, BAR, segment), BLUE) == box


def test_a_tall_watermark_stays_inside_of_the_image(mark: Mark, red: bytes) -> None:
    assert find(mark(red, Image.new("RGB", (10, 40), BLUE), "wm=a,wm_scale=1,wm_margin=0"), BLUE) == (85, 0, 100, 60)


def test_opacity_mixes_and_leaves_the_image_opaque(mark: Mark, red: bytes) -> None:
    image = mark(red, BAR, "wm=a,wm_opacity=0.25,wm_margin=0")

    assert image.mode == "RGB"
    assert image.getpixel((90, 55)) == pytest.approx((191, 0, 64), abs=1)


def test_a_watermark_s_alpha_counts_and_its_hidden_colours_do_not_bleed(mark: Mark, red: bytes) -> None:
    shape = Image.new("RGBA", (20, 10), (0, 255, 0, 0))
    shape.paste((*BLUE, 255), (0, 0, 10, 10))

    pixels = np.asarray(mark(red, shape, "wm=a,wm_scale=0.37,wm_margin=0"))

    assert pixels[..., 1].max() == 0


def test_over_transparency_colours_are_weighted_by_alpha(mark: Mark, save: Save) -> None:
    clear = save(Image.new("RGBA", (100, 60), (255, 0, 0, 0)), "PNG")

    image = mark(clear, BAR, "wm=a,wm_opacity=0.5,wm_margin=0")

    assert image.mode == "RGBA"
    assert image.getpixel((90, 55)) == (0, 0, 255, 128)
    assert image.getpixel((10, 5))[3] == 0  # type: ignore[index] # four bands


@pytest.mark.parametrize(
    ("mode", "colour", "found"),
    [("L", 200, "L"), ("LA", (200, 255), "L"), ("RGB", BLUE, "RGB"), ("RGBA", (*BLUE, 255), "RGB")],
)
def test_a_grey_image_stays_grey_under_a_grey_watermark(
    mark: Mark, save: Save, mode: str, colour: int | tuple[int, ...], found: str
) -> None:
    grey = save(Image.new("L", (100, 60), 90), "PNG")

    assert mark(grey, Image.new(mode, (9, 9), colour), "wm=a,f=png").mode == found


def test_effects_do_not_change_the_colours_of_a_watermark(mark: Mark, red: bytes) -> None:
    image = mark(red, BAR, "gray=true,blur=20,brightness=0.5,tint=0f0,wm=a")

    assert find(image, BLUE) == (79, 49, 99, 59)


def test_over_colours_that_are_kept_it_looks_the_same(mark: Mark, save: Save) -> None:
    original = save(Image.new("RGB", (100, 60)), "PNG", icc_profile=swapped_profile())

    image = mark(original, BAR, "wm=a,wm_margin=0,profile=keep")

    assert image.info["icc_profile"] == swapped_profile()
    assert image.getpixel((90, 55)) == pytest.approx(RED, abs=6)  # which means blue there


def test_opacity_and_corners_of_the_image_are_its_too(mark: Mark, red: bytes) -> None:
    image = mark(red, BAR, "wm=a,wm_margin=0,opacity=0.5,radius=20")

    assert image.getpixel((99, 59))[3] == 0  # type: ignore[index] # four bands
    assert image.getpixel((85, 55)) == (*BLUE, 128)


def test_tiles_fill_the_image_with_the_margin_between_them(mark: Mark, red: bytes) -> None:
    blue = (np.asarray(mark(red, BAR, "wm=a,wm_tile=true,wm_margin=0.1"))[..., 2] == 255).astype(int)

    expected = np.zeros((60, 100), int)
    for row in range(25 - 32, 60, 16):
        for column in range(40 - 52, 100, 26):
            expected[max(row, 0) : max(row + 10, 0), max(column, 0) : max(column + 20, 0)] = 1
    assert (blue == expected).all()


def test_tiles_without_margin_leave_nothing_free(mark: Mark, red: bytes) -> None:
    assert find(mark(red, BAR, "wm=a,wm_tile=true,wm_margin=0,wm_scale=0.07"), BLUE) == (0, 0, 100, 60)


def test_every_frame_of_an_animation_has_it(mark: Mark, save: Save) -> None:
    moving = save([Image.new("RGB", (100, 60), (90 * step, 0, 0)) for step in range(3)], "PNG")

    image = mark(moving, BAR, "wm=a")

    assert image.n_frames == 3  # type: ignore[attr-defined] # an animation has it
    for frame in range(3):
        image.seek(frame)
        assert find(image, BLUE) == (79, 49, 99, 59)


SIZES = st.tuples(st.integers(1, 70), st.integers(1, 70))
MARKS = st.sampled_from([(1, 1), (200, 3), (3, 200), (40, 40)]).map(lambda size: Image.new("L", size, 255))
SPELLED = parts("wm_gravity", "wm_scale", "wm_margin", "wm_opacity", "wm_tile")


@given(st.builds(Image.new, st.sampled_from(["L", "LA"]), SIZES), MARKS, SPELLED)
def test_any_watermark_is_somewhere_on_any_image(
    limits: Limits, save: Save, image: Image.Image, mark: Image.Image, spelled: list[str]
) -> None:
    transform = parse_transform(",".join(["wm=a", *spelled]))

    marked = apply(decode(save(image, "PNG"), transform, limits), transform, mark).frames[0].image

    assert marked.size == image.size
    # white, on black or on nothing
    _, most = marked.getchannel("A" if image.mode == "LA" else "L").getextrema()
    assert most >= round(255 * float(transform.wm_opacity)) - 1  # type: ignore[operator] # one band
