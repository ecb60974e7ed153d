"""Stock Pillow, as its manual advises: `thumbnail`, which decodes a JPEG at a reduced size."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageSequence

from lab.benchmarks.engines.protocol import serve

if TYPE_CHECKING:
    from collections.abc import Mapping

Image.MAX_IMAGE_PIXELS = None


def transcode(data: bytes, order: Mapping[str, str]) -> bytes:
    """Execute one order."""
    image = Image.open(BytesIO(data))
    box = (int(order["width"]), 10**6)
    options: dict[str, Any] = {} if order["format"] == "png" else {"quality": int(order["codec_quality"])}
    if getattr(image, "n_frames", 1) > 1:
        durations = []
        frames = []
        for frame in ImageSequence.Iterator(image):
            durations.append(frame.info["duration"])
            small = frame.convert("RGBA")
            small.thumbnail(box, Image.Resampling.LANCZOS)
            frames.append(small)
        image = frames[0]  # type: ignore[assignment] # an Image of no file
        options |= {"save_all": True, "append_images": frames[1:], "duration": durations}
    else:
        image.thumbnail(box, Image.Resampling.LANCZOS)
    body = BytesIO()
    image.save(body, order["format"], **options)
    return body.getvalue()


if __name__ == "__main__":
    serve(transcode)
