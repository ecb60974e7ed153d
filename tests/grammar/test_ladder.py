from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar.ladder import NO_LADDER, Box, Ladder
from grammar.options import MAX_SIDE
from grammar.transform import parse_transform

LADDER = Ladder((160, 320, 640), frozenset({(90, 90), (None, 50)}))

_SIDES = st.integers(1, MAX_SIDE)
_BOXES = st.tuples(_SIDES | st.none(), _SIDES | st.none())
_LADDERS = st.builds(lambda sides: Ladder(tuple(sorted(sides))), st.sets(_SIDES, min_size=1, max_size=8))


@pytest.mark.parametrize(
    ("box", "snapped"),
    [
        ((160, None), (160, None)),
        ((161, None), (320, None)),
        ((9999, None), (640, None)),
        ((None, 300), (None, 320)),
        ((300, 200), (320, 213)),
        ((64, 5), (160, 13)),
        ((90, 90), (90, 90)),
        ((90, None), (160, None)),
        ((None, 50), (None, 50)),
        ((None, None), (None, None)),
        ((16383, 1), (640, 1)),
        ((1, 16383), (160, 16383)),
    ],
)
def test_a_side_goes_up_to_the_next_rung(box: Box, snapped: Box) -> None:
    assert LADDER.snap(box) == snapped


@given(_LADDERS, _BOXES)
def test_snapping_is_idempotent(ladder: Ladder, box: Box) -> None:
    once = ladder.snap(box)

    assert ladder.snap(once) == once
    assert [side is None for side in once] == [side is None for side in box]
    assert all(side is None or 1 <= side <= MAX_SIDE for side in once)
    assert box == (None, None) or (once[0] or once[1]) in ladder.rungs


@given(_LADDERS, _SIDES, _SIDES)
def test_the_aspect_ratio_changes_by_half_a_pixel_at_most(ladder: Ladder, width: int, height: int) -> None:
    made_width, made_height = ladder.snap((width, height))

    assert made_width
    assert made_height
    exact = Fraction(height * made_width, width)
    assert abs(made_height - exact) <= Fraction(1, 2) or made_height in (1, MAX_SIDE)


@given(_BOXES)
def test_without_rungs_every_box_stays(box: Box) -> None:
    assert NO_LADDER.snap(box) == box


def test_a_signed_size_is_not_snapped() -> None:
    assert parse_transform("300x,q=3", ladder=LADDER).canonical == "320x,q=3"
    assert parse_transform("300x,q=3,s=AAAA", ladder=LADDER).canonical == "300x,q=3,s=AAAA"
