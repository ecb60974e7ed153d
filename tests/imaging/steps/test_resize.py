from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from grammar.transform import Transform
from imaging.layout.geometry import lay_out
from spellings import words

Render = Callable[[bytes, str], Image.Image]
Similarity = Callable[[Image.Image, Image.Image], float]


@pytest.mark.parametrize("name", ["seeding.jpg", "hubble.jpg"])
@pytest.mark.parametrize("segment", ["300x", "640x", "331x", "200x200,fit=cover"])
def test_a_reduced_decode_looks_like_a_full_one(
    render: Render, photo: Callable[[str], bytes], similarity: Similarity, name: str, segment: str
) -> None:
    data = photo(name)
    lossless = BytesIO()
    Image.open(BytesIO(data)).save(lossless, "PNG", compress_level=3)

    reduced, full = (render(source, f"{segment},f=png") for source in (data, lossless.getvalue()))

    assert similarity(reduced, full) > 0.98


@pytest.mark.parametrize(
    ("gravity", "colour"),
    [("west", (255, 0, 0)), ("center", (0, 255, 0)), ("east", (0, 0, 255)), ("southeast", (0, 0, 255))],
)
def test_cover_keeps_the_part_that_gravity_says(
    render: Render, save: Callable[..., bytes], gravity: str, colour: tuple[int, int, int]
) -> None:
    image = Image.new("RGB", (300, 100))
    for third, fill in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        image.paste(fill, (100 * third, 0, 100 * third + 100, 100))

    kept = render(save(image, "PNG"), f"50x50,fit=cover,g={gravity}")

    assert kept.size == (50, 50)
    assert kept.getpixel((25, 25)) == colour


sides = st.integers(1, 120)


@settings(max_examples=60)
@given(
    st.tuples(sides, sides),
    st.builds(
        Transform,
        width=sides,
        height=sides,
        fit=st.sampled_from(words("fit")),
        gravity=st.sampled_from(words("gravity")),
        dpr=st.just(Decimal("1.5")),
    ),
)
def test_any_image_goes_into_any_box(
    render: Render, save: Callable[..., bytes], size: tuple[int, int], transform: Transform
) -> None:
    data = save(Image.new("RGB", size, (200, 100, 50)), "PNG")

    image = render(data, transform.canonical)

    assert image.size == lay_out(size, transform).canvas
    if transform.fit != "pad":
        assert image.convert("RGB").getcolors() == [(image.width * image.height, (200, 100, 50))]


@pytest.mark.parametrize(("size", "box"), [((1, 16383), "16383x1"), ((16383, 1), "1x16383")])
def test_the_most_extreme_crop_is_made(
    render: Render, save: Callable[..., bytes], size: tuple[int, int], box: str
) -> None:
    data = save(Image.new("L", size, 77), "PNG")

    assert render(data, f"{box},fit=cover").getextrema() == (77, 77)
