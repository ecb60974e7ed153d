"""Originals that show what they are: the left half has the colour of the key, the right half that of the version."""

from __future__ import annotations

import io
from functools import lru_cache
from itertools import product
from typing import Final

import pillow_avif  # noqa: F401 - registers AVIF with Pillow
from PIL import Image, UnidentifiedImageError

SIZE: Final = (96, 64)
LEVELS: Final = (0, 51, 102, 153, 204, 255)
COLOURS: Final = tuple(product(LEVELS, repeat=3))
"""So different that no encoder, at any quality in use, turns one into another."""
TOLERANCE: Final = 20
"""Largest accepted deviation of a channel, in levels."""
FORMATS: Final = ("PNG", "JPEG", "WEBP")


class UnreadableImageError(Exception):
    """The image shows neither a key nor a version."""


@lru_cache(maxsize=10_000)
def draw(key: int, version: int) -> bytes:
    """Draw an original: the same bytes each time, in a format that depends on the key."""
    image = Image.new("RGB", SIZE, COLOURS[key])
    image.paste(COLOURS[version], (SIZE[0] // 2, 0, *SIZE))
    buffer = io.BytesIO()
    image.save(buffer, FORMATS[key % len(FORMATS)], quality=95)
    return buffer.getvalue()


def read(body: bytes) -> tuple[int, int]:
    """Return the key and version that an original or derivative shows. Raise UnreadableImageError."""
    try:
        with Image.open(io.BytesIO(body)) as image:
            picture = image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UnreadableImageError(f"not an image: {error}") from error
    return _colour(picture, 0.05, 0.35), _colour(picture, 0.65, 0.95)


def _colour(picture: Image.Image, left: float, right: float) -> int:
    """Return the index of a part's colour, which must be uniform."""
    width, height = picture.size
    part = picture.crop((int(left * width), int(0.2 * height), int(right * width), int(0.8 * height)))
    levels = []
    for values in (channel.tobytes() for channel in part.split()):
        lowest, highest = min(values), max(values)
        nearest = min(LEVELS, key=lambda level: abs(level - (lowest + highest) / 2))
        if max(abs(lowest - nearest), abs(highest - nearest)) > TOLERANCE:
            raise UnreadableImageError(f"{picture.size}, levels {lowest} to {highest}")
        levels.append(nearest)
    return COLOURS.index((levels[0], levels[1], levels[2]))
