from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.Image import Resampling

from imaging.analysis.blurhash import blurhash

if TYPE_CHECKING:
    from collections.abc import Callable


# from the npm package blurhash 2.0.5, given the same pixels
@pytest.mark.parametrize(
    ("name", "across", "down", "expected"),
    [
        ("astronaut.png", 4, 3, "LRIzbm[VM|xu.m9[NHxaTIX9RjIo"),
        ("astronaut.png", 1, 1, "00Izbm"),
        ("chelsea.png", 4, 3, "L8HT,5=DyZ-nIUx]Rj?HkY%MxYW?"),
        ("coffee.png", 4, 3, "LTJrstR-r=xF}@Ip9uIpXlS4W.S2"),
        ("hubble.jpg", 4, 3, "L02i99kCIoWWxtt6WBM{R+xGM{Rk"),
        ("seeding.jpg", 4, 3, "LmEe[6ofIoNH~VoeIoR*-;ayRjoK"),
    ],
)
def test_the_hash_is_the_one_of_its_inventors(
    photo: Callable[[str], bytes], name: str, across: int, down: int, expected: str
) -> None:
    image = Image.open(BytesIO(photo(name))).convert("RGB").resize((32, 24), Resampling.BOX)

    assert blurhash(image, across, down) == expected


@settings(max_examples=50)
@given(
    st.tuples(st.integers(1, 8), st.integers(1, 8)),
    st.binary(min_size=192, max_size=192),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_any_image_has_a_hash_of_the_same_length(size: tuple[int, int], data: bytes, across: int, down: int) -> None:
    image = Image.frombytes("RGB", size, data[: 3 * size[0] * size[1]])

    assert len(blurhash(image, across, down)) == 4 + 2 * across * down
