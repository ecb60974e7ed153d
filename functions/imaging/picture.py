"""A decoded image on its way through the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from imaging.formats import Format
    from imaging.layout.geometry import Box, Layout


MAX_DURATION = 16_777_215
"""The longest duration of a frame in milliseconds: WebP has 24 bits for it (RFC 9649, section 2.7.1.1)."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """EXIF and XMP to write into the derivative, empty where there is none."""

    exif: bytes = b""
    xmp: bytes = b""


NOTHING = Metadata()


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame, and its duration in milliseconds (0 in a still)."""

    image: Image
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """A still, or the frames of an animation that is played `plays` times (0: for ever).

    The pixels are as stored: `orientation` (EXIF's, 1 to 8) is still to be applied, and `box` is the part that is still
    to be resampled, to `layout.resampled`. `profile` is the ICC profile, None for sRGB; `metadata` is what is kept of
    the original's; `watermark` is the image that `imaging.watermark.open_watermark` returned, if there is one.

    `quality` is the highest on JPEG's scale that adds anything to the original's, None where that is unknown;
    `is_indexed` tells that its pixels were of a palette, or of fewer than 8 bits.
    """

    frames: tuple[Frame, ...]
    original: Format
    layout: Layout
    box: Box
    orientation: int = 1
    profile: bytes | None = None
    plays: int = 0
    metadata: Metadata = NOTHING
    watermark: Image | None = None
    quality: int | None = None
    is_indexed: bool = False

    def map(self, change: Callable[[Image], Image]) -> Picture:
        """Return the picture with every frame's image changed."""
        return replace(self, frames=tuple(replace(frame, image=change(frame.image)) for frame in self.frames))
