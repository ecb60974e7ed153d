"""The difference in SSIM between two encoders at equal bytes, averaged over a range of qualities.

At a single quality, noise of the quantiser is as large as the difference: the SSIM moves by .0001 with every pixel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Curve: TypeAlias = "Sequence[tuple[int, float]]"
"""Bytes and SSIM of an image at four or more qualities."""

STEPS = (-8, -4, 0, 4, 8)
"""Offsets from the quality of a task."""

_DEGREE = 3


def gain_at_equal_bytes(mine: Curve, theirs: Curve) -> float | None:
    """Return how much higher the first curve's SSIM is, averaged over the bytes in both ranges; None without any.

    Bjøntegaard's delta (ITU-T VCEG-M33, 2001): cubics through the SSIM over the logarithm of the bytes, integrated.
    """
    spans = [np.log([size for size, _ in curve]) for curve in (mine, theirs)]
    low, high = max(span.min() for span in spans), min(span.max() for span in spans)
    if low >= high:
        return None
    means = []
    for span, curve in zip(spans, (mine, theirs), strict=True):
        integral = np.polyint(np.polyfit(span, [ssim for _, ssim in curve], _DEGREE))
        means.append((np.polyval(integral, high) - np.polyval(integral, low)) / (high - low))
    return float(means[0] - means[1])
