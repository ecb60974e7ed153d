"""SSIM of a result against a reference, reduced in floating point."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

if TYPE_CHECKING:
    from pathlib import Path

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_GREY = 128
_LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601, as in JPEG."""


def measure_ssim(result: Path, original: Path, width: int) -> float:
    """Return the SSIM of the luma (1 if equal): of the first frame, transparency composited over grey."""
    found = _to_luma(Image.open(result))
    reference = _reduce(original, width, found.shape[0])
    if found.shape != reference.shape:
        raise ValueError(f"{result} is {found.shape[::-1]}, should be {reference.shape[::-1]}")
    return float(structural_similarity(found, reference, data_range=255))  # type: ignore[no-untyped-call] # no annotations


@lru_cache(maxsize=8)
def _reduce(original: Path, width: int, height: int) -> Pixels:
    """Reduce with Lanczos in 32-bit floating point, from the full size."""
    luma = Image.fromarray(_to_luma(Image.open(original)))
    return np.asarray(luma.resize((width, height), Image.Resampling.LANCZOS))


def _to_luma(image: Image.Image) -> Pixels:
    if "A" in image.mode:
        over = Image.new("RGBA", image.size, (_GREY, _GREY, _GREY, 255))
        image = Image.alpha_composite(over, image.convert("RGBA"))
    luma = np.zeros((image.height, image.width), np.float32)
    for channel, weight in zip(image.convert("RGB").split(), _LUMA, strict=True):
        luma += np.asarray(channel, np.float32) * np.float32(weight)
    return luma
