"""A decoded image on its way through the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imaging.reading.metadata import NOTHING, Metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from imaging.formats import Format
    from imaging.layout.geometry import Box, Layout


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, whole, and for how many milliseconds it is shown (0 where nothing moves)."""

    image: Image
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame, or those of an animation that is played `plays` times (0: for ever).

    The pixels are as they are stored: `box` is the part of them that is still to be resampled, to `layout.inner` as the
    viewer sees it; `orientation` is EXIF's, 1 to 8; `profile` is the ICC profile, None for sRGB; `metadata` is what is
    kept of the original's; `watermark` is what `imaging.watermark.open_watermark` returned, if there is to be one.
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

    def map(self, change: Callable[[Image], Image]) -> Picture:
        """Return the picture with every frame's image changed."""
        return replace(self, frames=tuple(replace(frame, image=change(frame.image)) for frame in self.frames))
