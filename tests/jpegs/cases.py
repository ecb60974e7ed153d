"""Files and the ways to decode them, drawn at random: by hypothesis, or by whoever has more time."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from jpegs.damage import damage
from jpegs.decoding import Way
from jpegs.writer import random_file

if TYPE_CHECKING:
    from random import Random

PIECES = (1000, 65536, 1 << 24)
SUBSAMPLINGS = (0, 1, 2)
PICTURES = ("noise", "gradient", "flat")


@cache
def picture(kind: str, mode: str, size: tuple[int, int]) -> Image.Image:
    """Make noise, whose codes are long; a gradient; or one colour, which is nothing but ends of blocks."""
    (width, height), channels = size, len(mode)
    down, across, which = np.ogrid[:height, :width, :channels]
    levels = {
        "noise": np.random.default_rng(1).integers(0, 256, (height, width, channels)),
        "gradient": down + across * 2 + which * 40,
        "flat": down * 0 + across * 0 + which * 77,
    }[kind]
    return Image.frombytes(mode, size, (levels % 256).astype(np.uint8).tobytes())


def save(image: Image.Image, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def random_way(random: Random) -> Way:
    """Choose how a file is decoded."""
    return Way(
        piece=random.choice((*PIECES, 7, 100, random.randint(1, 3000))),
        scale=random.choice((1, 1, 2, 4, 8)),
        is_draft=random.random() < 0.3,
        mode=random.choice((None, None, "L", "YCbCr")),
    )


def saved_by_pillow(random: Random) -> bytes:
    """Let Pillow write a file, as its encoder can."""
    most = random.choice((20, 90, 200))
    size = random.randint(1, most), random.randint(1, most)
    fits = most <= 90  # what Pillow thinks is enough for a file that libjpeg writes at once, noise may be too large for
    return save(
        picture(random.choice(PICTURES), random.choice(("L", "RGB", "RGB", "CMYK")), size),
        quality=random.choice((1, 30, 80, 95, 100)),
        subsampling=random.choice(SUBSAMPLINGS),
        optimize=fits and random.random() < 0.3,
        progressive=fits and random.random() < 0.1,
        restart_marker_blocks=random.choice((0, 0, 0, 1, 4)),
    )


def whole_file(random: Random) -> bytes:
    """Write a file, by Pillow's encoder or by ours."""
    if random.random() < 0.3:
        return saved_by_pillow(random)
    return random_file(random, is_strange=random.random() < 0.3)


def damaged_file(random: Random) -> bytes:
    return damage(whole_file(random), random)
