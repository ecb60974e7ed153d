"""BlurHash: an image as some thirty characters, for a blurred placeholder while the image loads.

The algorithm is that of https://github.com/woltapp/blurhash/blob/master/Algorithm.md.
"""

from __future__ import annotations

from math import copysign, cos, pi, sqrt
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

Colour: TypeAlias = tuple[float, float, float]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_LINEAR = [level / 255 / 12.92 if level <= 10 else ((level / 255 + 0.055) / 1.055) ** 2.4 for level in range(256)]  # noqa: PLR2004 - sRGB's linear foot
_MAX_STEPS = 82


def blurhash(image: Image, across: int = 4, down: int = 3) -> str:
    """Return the hash of a small RGB image, with `across` by `down` components, each 1 to 9.

    The time is proportional to pixels and components: 32 pixels a side are enough.
    """
    rows = _linear_rows(image)
    horizontal = _basis(across, image.width)
    vertical = _basis(down, image.height)
    average, *halves = (_factor(rows, x, y) for y in vertical for x in horizontal)
    details = [(2 * red, 2 * green, 2 * blue) for red, green, blue in halves]
    largest = max((abs(channel) for colour in details for channel in colour), default=0)
    steps = max(0, min(_MAX_STEPS, int(largest * 166 - 0.5))) if details else 0
    scale = (steps + 1) / 166
    head = _write((across - 1) + (down - 1) * 9, 1) + _write(steps, 1) + _write(_encode_average(average), 4)
    return head + "".join(_write(_encode_detail(colour, scale), 2) for colour in details)


def _linear_rows(image: Image) -> list[list[Colour]]:
    data = image.convert("RGB").tobytes()
    pixels = [(_LINEAR[data[i]], _LINEAR[data[i + 1]], _LINEAR[data[i + 2]]) for i in range(0, len(data), 3)]
    return [pixels[start : start + image.width] for start in range(0, len(pixels), image.width)]


def _basis(components: int, length: int) -> list[list[float]]:
    """Return the cosines along one side: each component is a weighted mean of the pixels."""
    return [
        [cos(pi * component * position / length) / length for position in range(length)]
        for component in range(components)
    ]


def _factor(rows: Sequence[Sequence[Colour]], horizontal: Sequence[float], vertical: Sequence[float]) -> Colour:
    red = green = blue = 0.0
    for row, weight in zip(rows, vertical, strict=True):
        red += weight * sum(x * colour[0] for x, colour in zip(horizontal, row, strict=True))
        green += weight * sum(x * colour[1] for x, colour in zip(horizontal, row, strict=True))
        blue += weight * sum(x * colour[2] for x, colour in zip(horizontal, row, strict=True))
    return red, green, blue


def _encode_average(colour: Colour) -> int:
    red, green, blue = (_to_srgb(channel) for channel in colour)
    return (red << 16) + (green << 8) + blue


def _to_srgb(channel: float) -> int:
    value = min(max(channel, 0), 1)
    return int((value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055) * 255 + 0.5)  # noqa: PLR2004 - as above


def _encode_detail(colour: Colour, scale: float) -> int:
    red, green, blue = (int(max(0, min(18, 9 * _signed_root(channel / scale) + 9.5))) for channel in colour)
    return (red * 19 + green) * 19 + blue


def _signed_root(value: float) -> float:
    return copysign(sqrt(abs(value)), value)


def _write(number: int, digits: int) -> str:
    return "".join(_DIGITS[number // 83**place % 83] for place in reversed(range(digits)))
