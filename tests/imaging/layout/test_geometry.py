from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar.errors import MalformedTransform
from grammar.transform import Transform, parse_transform
from imaging.layout.geometry import divide, largest_result, lay_out, scale
from spellings import parts, words

sides = st.integers(1, 16383)
sizes = st.tuples(sides, sides)
fractions = st.decimals(0, 1, places=3)
boxes = st.builds(
    Transform,
    width=sides,
    height=sides,
    fit=st.sampled_from(words("fit")),
    gravity=st.sampled_from(words("gravity")) | st.tuples(fractions, fractions),
    dpr=st.decimals(1, 4, places=2),
)


def test_halves_are_rounded_away_from_zero() -> None:
    assert [divide(n, 2) for n in (1, 2, 3, 5)] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("source", "transform", "size"),
    [
        ((1000, 872), Transform(300, 200), (229, 200)),
        ((1000, 872), Transform(300), (300, 262)),
        ((1000, 872), Transform(height=200), (229, 200)),
        ((512, 512), Transform(800, 600), (512, 512)),
        ((512, 512), Transform(800), (512, 512)),
        ((512, 512), Transform(800, 600, dpr=Decimal(2)), (512, 512)),
        ((512, 512), Transform(100, 50, dpr=Decimal("1.5")), (75, 75)),
        ((512, 512), Transform(800, 600, fit="cover"), (800, 600)),
        ((512, 512), Transform(800, 600, fit="fill"), (800, 600)),
        ((512, 512), Transform(800, 600, fit="pad"), (800, 600)),
        ((10000, 3), Transform(100, 100), (100, 1)),
        ((7, 7), Transform(), (7, 7)),
    ],
)
def test_sizes_are_those_of_sharp(source: tuple[int, int], transform: Transform, size: tuple[int, int]) -> None:
    assert lay_out(source, transform).canvas == size


@given(sizes, boxes)
def test_contain_is_inside_the_box_and_never_enlarged(source: tuple[int, int], box: Transform) -> None:
    layout = lay_out(source, Transform(box.width, box.height))

    assert all(
        1 <= side <= min(most, whole)
        for side, most, whole in zip(layout.canvas, (box.width or 0, box.height or 0), source, strict=True)
    )


@given(sizes, parts("width", "height", "aspect", "fit", "gravity", "rotate", "border", "dpr"))
def test_no_result_is_larger_than_the_largest(source: tuple[int, int], spelled: list[str]) -> None:
    try:
        transform = parse_transform(",".join(spelled) or "dpr=1")
        size = lay_out(source, transform).outer
    except MalformedTransform:
        return
    assert all(most is None or side <= most for side, most in zip(size, largest_result(transform), strict=True))


@given(sizes, boxes.filter(lambda box: box.fit in ("contain", "pad", "upscale")))
def test_the_aspect_is_kept_within_half_a_pixel(source: tuple[int, int], box: Transform) -> None:
    width, height = lay_out(source, box).inner

    across, down = abs(width - height * source[0] / source[1]), abs(height - width * source[1] / source[0])
    assert across <= 0.5 or down <= 0.5 or 1 in (width, height)


@given(sizes, boxes.filter(lambda box: box.fit not in ("contain", "upscale")))
def test_cover_fill_and_pad_have_the_exact_size(source: tuple[int, int], box: Transform) -> None:
    expected = tuple(scale(side or 0, box.dpr) for side in (box.width, box.height))

    assert lay_out(source, box).canvas == expected


@given(sizes, boxes)
def test_every_box_is_inside_its_parent(source: tuple[int, int], box: Transform) -> None:
    layout = lay_out(source, box)
    left, top, right, bottom = layout.kept(source)

    for outer, position, inner in (
        (layout.scaled, layout.crop, layout.inner),
        (layout.canvas, layout.offset, layout.inner),
    ):
        assert all(at >= 0 and at + part <= whole for whole, at, part in zip(outer, position, inner, strict=True))
    assert 0 <= left < right <= source[0]
    assert 0 <= top < bottom <= source[1]


@pytest.mark.parametrize(
    ("gravity", "crop"),
    [
        ("center", (51, 0)),
        ("north", (51, 0)),
        ("west", (0, 0)),
        ("northwest", (0, 0)),
        ("east", (101, 0)),
        ("southeast", (101, 0)),
    ],
)
def test_gravity_selects_the_part_that_cover_keeps(gravity: str, crop: tuple[int, int]) -> None:
    assert lay_out((201, 100), Transform(100, 100, fit="cover", gravity=gravity)).crop == crop


@pytest.mark.parametrize(("gravity", "offset"), [("center", (0, 50)), ("north", (0, 0)), ("south", (0, 101))])
def test_gravity_positions_the_image_in_pad(gravity: str, offset: tuple[int, int]) -> None:
    assert lay_out((200, 100), Transform(200, 201, fit="pad", gravity=gravity)).offset == offset
