"""The quality at which a JPEG was written, from its quantisation table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STANDARD_SUM = 3692
"""Of the luminance table of ITU-T T.81, annex K.1, which libjpeg scales by the quality; its order does not matter."""


def estimate_quality(table: Sequence[int]) -> int:
    """Return the quality, 1 to 100, of which libjpeg's table for luminance is as coarse as this one on average."""
    scale = 100 * sum(table) / _STANDARD_SUM
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale  # noqa: PLR2004 - jcparam.c, jpeg_quality_scaling
    return min(max(round(quality), 1), 100)
