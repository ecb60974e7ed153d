"""How much more alike one encoder's files are than another's at equal bytes, over a range of qualities.

At a single quality the quantiser's luck is of the size of the difference: the SSIM moves by .0001 with every pixel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Curve: TypeAlias = "Sequence[tuple[int, float]]"
"""Bytes and SSIM of the same image at several qualities, at least four."""

STEPS = (-8, -4, 0, 4, 8)
"""Qualities around that of a task."""

_DEGREE = 3


def gain_at_equal_bytes(mine: Curve, theirs: Curve) -> float | None:
    """Return how much higher my SSIM is, averaged over the bytes that both curves span; None if they share none.

    Bjøntegaard's delta (ITU-T VCEG-M33, 2001): cubics through the SSIM over the logarithm of the bytes, integrated.
    """
    spans = [np.log([size for size, _ in curve]) for curve in (mine, theirs)]
    low, high = max(span.min() for span in spans), min(span.max() for span in spans)
    if low >= high:
        return None
    means = []
    for span, curve in zip(spans, (mine, theirs), strict=True):
        integral = np.polyint(np.polyfit(span, [likeness for _, likeness in curve], _DEGREE))
        means.append((np.polyval(integral, high) - np.polyval(integral, low)) / (high - low))
    return float(means[0] - means[1])
