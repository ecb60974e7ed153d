from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imaging.layout.orientation import UPRIGHT, compose, invert, stored_box, stored_size

ALL = range(1, 9)


@given(st.sampled_from(ALL), st.tuples(st.integers(1, 99), st.integers(1, 99)))
def test_the_whole_is_the_whole_in_every_orientation(orientation: int, size: tuple[int, int]) -> None:
    seen = stored_size(size, orientation)

    assert stored_box((0, 0, *seen), size, orientation) == (0, 0, *size)


@given(st.sampled_from(ALL), st.tuples(st.integers(1, 99), st.integers(1, 99)))
def test_an_orientation_and_its_inverse_leave_a_box_where_it_was(orientation: int, size: tuple[int, int]) -> None:
    box = (0, 0, 1, size[1] // 2)
    upright = stored_size(size, orientation)

    assert compose(orientation, invert(orientation)) == UPRIGHT
    assert stored_box(stored_box(box, upright, invert(orientation)), size, orientation) == box
