"""Files and the ways to decode them, drawn at random by Hypothesis, or by a longer run."""

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

    from numpy.typing import NDArray

PIECES = (1000, 65536, 1 << 24)
SUBSAMPLINGS = (0, 1, 2)
PICTURES = ("noise", "gradient", "flat")


@cache
def picture(kind: str, mode: str, size: tuple[int, int]) -> Image.Image:
    """Make a picture by its kind.

    Codes of noise are long, and coefficients of dots, black ones and white, are the largest. One colour is nothing but
    ends of blocks, and a wave is one coefficient of each, which is another one from block to block.
    """
    (width, height), channels = size, len("RGB" if mode == "YCbCr" else mode)
    down, across, which = np.ogrid[:height, :width, :channels]
    levels = {
        "noise": np.random.default_rng(1).integers(0, 256, (height, width, channels)),
        "dots": np.random.default_rng(2).integers(0, 2, (height, width, channels)) * 255,
        "gradient": down + across * 2 + which * 40,
        "flat": down * 0 + across * 0 + which * 77,
        "waves": np.rint(128 + 127 * (1 - which / 2) * wave(down) * wave(across)),
    }[kind]
    return Image.frombytes(mode, size, (levels % 256).astype(np.uint8).tobytes())


def wave(at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Make the cosine of one frequency for each eight places, of the next one from eight to eight (T.81, A.3.3)."""
    phases: NDArray[np.float64] = (2 * (at % 8) + 1) * (at // 8 % 8) * np.pi / 16
    return np.cos(phases)


def save(image: Image.Image, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def name(options: Any) -> str | None:
    """Name a case by the options it is saved with; what are none is left to pytest."""
    return ",".join(f"{key}={value}" for key, value in options.items()) if isinstance(options, dict) else None


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
