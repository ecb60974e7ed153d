"""Limits on the work of one request, checked against headers before a pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imaging.errors import TooLarge

if TYPE_CHECKING:
    from imaging.formats import Format


MAX_PARTS = 100_000
"""The maximum of segments in a JPEG's header, or of chunks in a PNG: Pillow keeps data of each, and takes a microsecond
for it. The largest real files have some hundreds; 5 million would exhaust the memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is accepted: bytes, frames and pixels of an original, and pixels of a result, over all frames.

    The defaults are those of the parameters in template.yaml.
    """

    max_input_bytes: int = 52_428_800
    max_input_pixels: int = 100_000_000
    max_output_pixels: int = 25_000_000
    max_frames: int = 1000
    """Half a minute of an animation at 30 frames a second, within the limit on pixels."""

    def check_bytes(self, count: int) -> None:
        """Raise TooLarge for an original of `count` bytes."""
        if count > self.max_input_bytes:
            raise TooLarge(f"The original has {count:,} bytes (the maximum is {self.max_input_bytes:,}).")

    def check_original(self, width: int, height: int, frames: int, weight: int = 1) -> None:
        """Raise TooLarge for an original of which `frames` frames of `width` by `height` pixels would be decoded.

        A format whose decoder takes `weight` times the memory may have that much fewer pixels.
        """
        if frames > self.max_frames:
            raise TooLarge(f"The original has too many frames (the maximum is {self.max_frames:,}).")
        at_most = self.max_input_pixels // weight
        if width * height * frames > at_most:
            size = _measure(width, height, frames)
            raise TooLarge(f"The original has {size} pixels (the maximum is {at_most:,}).")

    def check_result(self, width: int, height: int, frames: int, fmt: Format) -> None:
        """Raise TooLarge for a result of too many pixels, or with a side longer than the format allows."""
        if width * height * frames > self.max_output_pixels:
            size = _measure(width, height, frames)
            raise TooLarge(f"The result would have {size} pixels (the maximum is {self.max_output_pixels:,}).")
        if max(width, height) > fmt.max_side:
            size = _measure(width, height, 1)
            raise TooLarge(f"The result would have {size} pixels (the longest side of {fmt.name} is {fmt.max_side:,}).")


DEFAULT_LIMITS = Limits()


def _measure(width: int, height: int, frames: int) -> str:
    return f"{width} x {height}" + (f" x {frames} frames" if frames > 1 else "")
