"""How much work one request may ask for. Everything here is checked against headers, before a pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imaging.errors import TooLarge

if TYPE_CHECKING:
    from imaging.formats import Format
    from imaging.layout.geometry import Layout


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is accepted: bytes of an original, frames, and pixels (of all frames) on either side."""

    max_input_bytes: int
    max_input_pixels: int
    max_output_pixels: int
    max_frames: int

    def check_bytes(self, count: int) -> None:
        """Raise TooLarge for an original of `count` bytes."""
        if count > self.max_input_bytes:
            raise TooLarge(f"The original has {count:,} bytes; at most {self.max_input_bytes:,} are read.")

    def check_original(self, width: int, height: int, frames: int, weight: int = 1) -> None:
        """Raise TooLarge for an original of `frames` frames of `width` by `height` pixels that would be decoded.

        A format whose decoder takes `weight` times the memory has that much fewer pixels.
        """
        if frames > self.max_frames:
            raise TooLarge(f"The original has more than {self.max_frames:,} frames.")
        at_most = self.max_input_pixels // weight
        if width * height * frames > at_most:
            size = _measure(width, height, frames)
            raise TooLarge(f"The original has {size} pixels; at most {at_most:,} are read.")

    def check_layout(self, layout: Layout, frames: int, fmt: Format) -> None:
        """Raise TooLarge for a result, or something on the way to it, that is larger than what may be made."""
        if layout.angle:
            self.check_result(*layout.scaled, frames, fmt)
            self.check_result(*layout.resampled, frames, fmt)
        self.check_result(*layout.outer, frames, fmt)

    def check_result(self, width: int, height: int, frames: int, fmt: Format) -> None:
        """Raise TooLarge for a result of that size, or one that the format can't hold."""
        if width * height * frames > self.max_output_pixels:
            size = _measure(width, height, frames)
            raise TooLarge(f"The result would have {size} pixels; at most {self.max_output_pixels:,} are made.")
        if max(width, height) > fmt.max_side:
            raise TooLarge(f"The result would be {width} x {height}; {fmt.name} holds at most {fmt.max_side} a side.")


def _measure(width: int, height: int, frames: int) -> str:
    return f"{width} x {height}" + (f" x {frames} frames" if frames > 1 else "")
