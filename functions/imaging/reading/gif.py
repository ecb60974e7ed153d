"""GIF as browsers show it: what no picture covers is transparent. Pillow fills it with a colour."""

from __future__ import annotations

from io import BytesIO

from PIL import _imaging
from PIL.GifImagePlugin import GifImageFile


class ClearingGif(GifImageFile):
    """A GIF whose pictures are drawn on a transparent canvas, and disposed of to transparency."""

    def _seek(self, frame: int, update_image: bool = True) -> None:  # noqa: FBT001, FBT002 - Pillow's signature
        super()._seek(frame, update_image)
        if update_image and self.dispose is not None and self.dispose_extent and self._disposes_to_nothing(frame):
            left, top, right, bottom = self.dispose_extent
            self.dispose = _imaging.fill("RGBA", (right - left, bottom - top), (0, 0, 0, 0))

    def _disposes_to_nothing(self, frame: int) -> bool:
        return frame == 0 or self.disposal_method == 2  # noqa: PLR2004 - "restore to background"

    def load_end(self) -> None:
        """Put the first picture on a transparent canvas; later ones are drawn on that."""
        super().load_end()
        if self.tell() or self.mode not in ("P", "L") or not self.dispose_extent:
            return
        key = self.info.pop("transparency", None)
        if key is None:
            picture = self.im.convert("RGBA")
        elif self.mode == "L":
            picture = self.im.convert_transparent("LA", key).convert("RGBA")
        else:
            self.im.putpalettealpha(key, 0)
            picture = self.im.convert("RGBA")
        canvas = _imaging.fill("RGBA", self.size, (0, 0, 0, 0))
        canvas.paste(picture.crop(self.dispose_extent), self.dispose_extent)
        self.im, self._mode, self.palette = canvas, "RGBA", None


def open_clearing_gif(data: bytes) -> ClearingGif:
    """Read the header of a GIF."""
    return ClearingGif(BytesIO(data))
