"""Similarity at equal bytes: what tells whether a file that is a little larger is also better for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOWEST, _HIGHEST = 1, 100


def match_bytes(measure: Callable[[int], tuple[int, float]], quality: int, wanted: int) -> float | None:
    """Return the SSIM at `wanted` bytes, between the two nearest qualities; `measure` gives a quality's bytes and SSIM.

    By steps of one from `quality`, since it is near; linear in the logarithm of the bytes. None where no quality makes
    so few or so many.
    """
    size, likeness = measure(quality)
    step = 1 if size < wanted else -1
    while size != wanted:
        quality += step
        if not _LOWEST <= quality <= _HIGHEST:
            return None
        next_size, next_likeness = measure(quality)
        if (next_size - wanted) * step >= 0 and next_size != size:
            part = math.log(wanted / size) / math.log(next_size / size)
            return likeness + part * (next_likeness - likeness)
        size, likeness = next_size, next_likeness
    return likeness
