"""The least to do for a JPEG: libjpeg-turbo's decode at the core's scale, and its encode of the result."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from benchmarks.engines.protocol import serve
from imaging.memory import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

Image.MAX_IMAGE_PIXELS = None
keep_freed_memory()


def transcode(data: bytes, order: Mapping[str, str]) -> bytes:
    """Decode, and encode pixels that were made before: nothing is resampled in between."""
    image = Image.open(BytesIO(data))
    width = int(order["width"])
    factor = image.width // width
    reduction = next((step for step in (8, 4, 2) if factor >= step), 1)
    if reduction == factor:
        reduction = max(1, reduction // 2)
    image.draft(None, (image.width // reduction, image.height // reduction))
    image.load()
    body = BytesIO()
    _result(order["input"], width).save(body, "JPEG", quality=int(order["quality"]), optimize=True)
    return body.getvalue()


@lru_cache(maxsize=4)
def _result(path: str, width: int) -> Image.Image:
    image = Image.open(path)
    image.thumbnail((width, image.height))
    return image


if __name__ == "__main__":
    serve(transcode)
