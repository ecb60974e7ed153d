"""JPEGs' own Huffman tables are libjpeg's, though Pillow-SIMD counts for them by `functions/pillow/libimaging`.

Whole files are compared. Those of libjpeg are made of what Pillow writes with the usual tables.
"""

from __future__ import annotations

from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from jpegs.cases import PICTURES, SUBSAMPLINGS, name, picture, save
from jpegs.encoding import Optimiser, compare, difference

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

KINDS = (*PICTURES, "dots", "waves")
SIZES = ((1, 1), (7, 9), (16, 16), (17, 33), (300, 200))
QUALITIES = (1, 30, 80, 95, 100)
LAYOUTS: list[tuple[str, dict[str, Any]]] = [
    ("L", {}),
    *(("RGB", {"subsampling": subsampling}) for subsampling in SUBSAMPLINGS),
    ("RGB", {"keep_rgb": True}),
    ("YCbCr", {}),
    ("CMYK", {}),
    ("CMYK", {"subsampling": 2}),
]
RESTARTS: list[dict[str, Any]] = [
    *({"restart_marker_blocks": blocks} for blocks in (1, 2, 7, 65535)),
    *({"restart_marker_rows": rows} for rows in (1, 2)),
]


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Pillow's buffer hold every file: with tables of its own libjpeg writes it at once."""
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1 << 21)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("mode", "options"), LAYOUTS, ids=name)
def test_the_file_is_libjpegs(optimiser: Optimiser, mode: str, options: dict[str, Any], kind: str) -> None:
    for size, quality in product(SIZES, QUALITIES):
        wrong = compare(optimiser, picture(kind, mode, size), quality=quality, **options)
        assert not wrong, (size, quality)


@pytest.mark.parametrize("restarts", RESTARTS, ids=name)
@pytest.mark.parametrize(("mode", "options"), LAYOUTS, ids=name)
def test_the_file_with_restarts_is_libjpegs(
    optimiser: Optimiser, mode: str, options: dict[str, Any], restarts: dict[str, Any]
) -> None:
    for size, kind in product(SIZES, ("gradient", "noise")):
        wrong = compare(optimiser, picture(kind, mode, size), **options, **restarts)
        assert not wrong, (size, kind)


@pytest.mark.parametrize(("mode", "options"), LAYOUTS, ids=name)
def test_a_progressive_file_is_libjpegs(optimiser: Optimiser, mode: str, options: dict[str, Any]) -> None:
    for size, kind, blocks in product(SIZES, ("gradient", "noise"), (0, 3)):
        wrong = compare(optimiser, picture(kind, mode, size), progressive=True, restart_marker_blocks=blocks, **options)
        assert not wrong, (size, kind, blocks)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_file_of_each_quality_is_libjpegs(optimiser: Optimiser, mode: str) -> None:
    for quality, kind in product(range(1, 101), KINDS):
        wrong = compare(optimiser, picture(kind, mode, (40, 30)), quality=quality)
        assert not wrong, (quality, kind)


@pytest.mark.parametrize("sample", ["astronaut.png", "chelsea.png", "hubble.jpg", "seeding.jpg"])
def test_the_file_of_a_photograph_is_libjpegs(optimiser: Optimiser, photo: Callable[[str], bytes], sample: str) -> None:
    image = Image.open(BytesIO(photo(sample)))
    image.thumbnail((500, 500))
    for mode, quality in product(("L", "RGB", "CMYK"), QUALITIES):
        wrong = compare(optimiser, image.convert(mode), quality=quality)
        assert not wrong, (mode, quality)


def speckle(image: Image.Image, strength: float, seed: int) -> Image.Image:
    """Add noise to an image."""
    levels = np.frombuffer(image.tobytes(), np.uint8)
    noise = np.random.default_rng(seed).normal(0, strength, levels.size)
    return Image.frombytes(image.mode, image.size, (levels + noise).clip(0, 255).astype(np.uint8).tobytes())


@settings(max_examples=500)
@given(st.randoms(use_true_random=False))
def test_the_file_of_any_image_is_libjpegs(optimiser: Optimiser, random: Random) -> None:
    """Of few blocks, where one symbol more or less soon makes other codes."""
    mode, options = random.choice(LAYOUTS)
    size = random.randint(1, 70), random.randint(1, 70)
    more: dict[str, Any] = {
        "quality": random.randint(1, 100),
        "restart_marker_blocks": random.choice((0, 0, random.randint(1, 9))),
    }
    kind, strength, seed = random.choice(KINDS), random.choice((0, 1, 5, 20, 80)), random.getrandbits(32)
    note(f"{kind} of {mode} {size} with {strength} of {seed}, {options | more}")

    assert not compare(optimiser, speckle(picture(kind, mode, size), strength, seed), **options, **more)


def test_one_other_bit_is_noticed(optimiser: Optimiser) -> None:
    usual = save(picture("noise", "RGB", (40, 30)))
    optimised = optimiser.optimise(usual)

    assert difference(usual, optimised)
    assert difference(optimised[:-3] + bytes([optimised[-3] ^ 1]) + optimised[-2:], optimised)
