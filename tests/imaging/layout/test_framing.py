from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from grammar.errors import MalformedTransform
from grammar.transform import Transform, parse_transform
from imaging.layout.framing import crop_region, frame
from imaging.layout.orientation import compose, stored_size
from spellings import parts

sides = st.integers(1, 9000)
sizes = st.tuples(sides, sides)


@pytest.mark.parametrize(
    ("spelling", "region"),
    [
        ("crop=10:20:30:20", (10, 20, 40, 40)),
        ("crop=90:40:30:40", (90, 40, 100, 50)),
        ("crop=0.1:0.5:0.5:0.5", (10, 25, 60, 50)),
        ("crop=0.0:0.0:1.0:1.0", (0, 0, 100, 50)),
        ("crop=0.5:0.5:0.0:0.0", (50, 25, 51, 26)),
        ("crop=0.99:0.0:0.5:0.5", (99, 0, 100, 25)),
        ("300x", (0, 0, 100, 50)),
    ],
)
def test_a_crop_is_what_lies_inside_the_image(spelling: str, region: tuple[int, ...]) -> None:
    assert crop_region((100, 50), parse_transform(spelling)) == region


@pytest.mark.parametrize(
    "spelling", ["crop=100:0:1:1", "crop=0:50:1:1", "crop=1.0:0.0:0.5:0.5", "crop=0.999:0.0:1.0:1.0"]
)
def test_a_crop_outside_the_image_is_refused(spelling: str) -> None:
    with pytest.raises(MalformedTransform, match=r"which has 100 x 50 pixels") as caught:
        crop_region((100, 50), parse_transform(spelling))
    assert caught.value.part == spelling


@given(
    sizes,
    st.integers(1, 8),
    parts("width", "height", "aspect", "fit", "gravity", "crop", "rotate", "flip", "orient", "dpr"),
)
def test_any_transform_s_box_is_inside_the_stored_pixels(
    size: tuple[int, int], orientation: int, spelled: list[str]
) -> None:
    transform = parse_transform(",".join(spelled) or "dpr=1")
    try:
        framing = frame(size, orientation, transform)
    except MalformedTransform:
        assume(False)  # noqa: FBT003 - hypothesis has it so

    left, top, right, bottom = framing.box
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    layout = framing.layout
    sizes = (layout.scaled, layout.inner, layout.canvas, layout.resampled)
    assert all(isinstance(side, int) and side >= 1 for pair in sizes for side in pair)
    assert all(at + part <= whole for at, part, whole in zip(layout.crop, layout.inner, layout.scaled, strict=True))
    assert all(at + part <= whole for at, part, whole in zip(layout.offset, layout.inner, layout.canvas, strict=True))


@pytest.mark.parametrize("first", range(1, 9))
@pytest.mark.parametrize("second", range(1, 9))
def test_two_orientations_are_one(first: int, second: int) -> None:
    both = compose(first, second)
    size = (7, 5)

    assert stored_size(stored_size(size, first), second) == stored_size(size, both)
    assert compose(compose(both, first), second) == compose(both, both)


def test_rotations_and_flips_are_orientations() -> None:
    found = {
        spelling: frame((7, 5), 1, parse_transform(spelling)).combined
        for spelling in ("rotate=90", "rotate=180", "rotate=270", "flip=h", "flip=v", "flip=hv", "rotate=90,flip=h")
    }
    expected = {"rotate=90": 6, "rotate=180": 3, "rotate=270": 8, "flip=h": 2, "flip=v": 4, "flip=hv": 3}
    assert found == expected | {"rotate=90,flip=h": 5}


def test_orient_none_ignores_exif() -> None:
    assert frame((7, 5), 6, Transform()).layout.canvas == (5, 7)
    assert frame((7, 5), 6, Transform(orient="none")).layout.canvas == (7, 5)
    assert frame((7, 5), 6, Transform(orient="none", rotate=Decimal(90))).combined == 6


def test_a_turned_image_fits_the_box_with_its_corners() -> None:
    layout = frame((400, 300), 1, Transform(100, 100, rotate=Decimal(30))).layout

    assert layout.canvas == (100, 93)  # 400 x 300 turned by 30 degrees take 497 x 460
    assert layout.resampled == (81, 61)


def test_compose_matches_transposed_pixels() -> None:
    pixels = np.arange(35, dtype=np.uint8).reshape(5, 7)
    turns = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }

    def turn(image: Image.Image, orientation: int) -> Image.Image:
        how = turns[orientation]
        return image if how is None else image.transpose(how)

    for first in turns:
        for second in turns:
            image = Image.fromarray(pixels)
            one = turn(image, compose(first, second))
            two = turn(turn(image, first), second)
            assert (one.size, one.tobytes()) == (two.size, two.tobytes())
