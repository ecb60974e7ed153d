"""JPEG's Huffman codes, which Pillow-SIMD decodes by `functions/resize/libimaging`: what libjpeg alone makes of a file."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpegs.cases import PICTURES, PIECES, SUBSAMPLINGS, damaged_file, picture, random_way, save
from jpegs.damage import EOI, KINDS, coded
from jpegs.decoding import Reference, Way, compare, decode_by_pillow, difference, find_obstacle, open_image
from jpegs.huffman import Table
from jpegs.writer import USUAL, Component, Frame, Style, pack, random_file, write

if TYPE_CHECKING:
    from collections.abc import Iterator

SCALES = (1, 2, 4, 8)
QUALITIES = (1, 30, 80, 95, 100)
VARIANTS: list[dict[str, Any]] = [
    *({"quality": quality, "subsampling": sampling} for quality in QUALITIES for sampling in SUBSAMPLINGS),
    {"optimize": True},
    {"restart_marker_blocks": 1},
    {"restart_marker_blocks": 5, "optimize": True},
    {"restart_marker_rows": 1},
    {"progressive": True},
]
WAYS = [Way(piece, scale, is_draft) for piece, scale, is_draft in product(PIECES, SCALES, (False, True))]
FEW_WAYS = [
    *(Way(piece) for piece in PIECES),
    Way(1000, 8),
    Way(65536, 2),
    Way(65536, mode="L"),
    Way(1 << 24, 4, is_draft=True, mode="YCbCr"),
]

randoms = st.randoms(use_true_random=False)


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    """Skip where Pillow can't be compared; stock Pillow is the only excuse where all is required."""
    obstacle = find_obstacle()
    if obstacle and "stock" not in obstacle and os.environ.get("REQUIRE_CONTAINERS") == "1":
        pytest.fail(obstacle)
    if obstacle:
        pytest.skip(obstacle)
    with Reference(tmp_path_factory.mktemp("reference")) as reference:
        yield reference


def name(options: dict[str, Any]) -> str:
    return ",".join(f"{option}={value}" for option, value in options.items())


@pytest.mark.parametrize("options", VARIANTS, ids=name)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_what_pillow_writes_is_decoded_as_by_libjpeg(reference: Reference, mode: str, options: dict[str, Any]) -> None:
    for size, kind in product([(1, 1), (7, 9), (16, 16), (17, 33)], PICTURES):
        data = save(picture(kind, mode, size), **options)
        for way in WAYS:
            wrong, expected = compare(reference, data, way)
            assert not wrong, (size, kind, way)
            assert expected
            assert (expected.outcome, expected.warnings) == ("ended", 0)


@pytest.mark.parametrize("options", VARIANTS, ids=name)
@pytest.mark.parametrize("kind", ["noise", "gradient"])
def test_what_is_larger_than_a_piece_is_decoded_as_by_libjpeg(
    reference: Reference, kind: str, options: dict[str, Any]
) -> None:
    data = save(picture(kind, "RGB", (640, 427)), **options)
    for way in FEW_WAYS:
        wrong, _ = compare(reference, data, way)
        assert not wrong, way


@settings(max_examples=400)
@given(randoms, st.booleans())
def test_what_pillow_never_writes_is_decoded_as_by_libjpeg(
    reference: Reference,
    random: Random,
    is_strange: bool,  # noqa: FBT001 (hypothesis draws it)
) -> None:
    wrong, expected = compare(reference, random_file(random, is_strange=is_strange), random_way(random))

    assert not wrong
    assert expected
    assert is_strange or (expected.outcome, expected.warnings) == ("ended", 0)


@settings(max_examples=800)
@given(randoms)
def test_what_is_damaged_is_decoded_or_refused_as_by_libjpeg(reference: Reference, random: Random) -> None:
    wrong, _ = compare(reference, damaged_file(random), random_way(random))

    assert not wrong
