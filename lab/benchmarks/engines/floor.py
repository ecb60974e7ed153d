"""libjpeg-turbo's decode of a JPEG at the core's scale, and its encode of the results: by stock Pillow."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from lab.benchmarks.engines.protocol import serve
from resizer.allocator import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Image.MAX_IMAGE_PIXELS = None
keep_freed_memory()


def transcode(data: bytes, order: Mapping[str, str]) -> bytes:
    """Decode, and encode pixels that were prepared: nothing is resampled in between."""
    return transcode_all(data, [order])[0]


def transcode_all(data: bytes, orders: Sequence[Mapping[str, str]]) -> list[bytes]:
    """Decode once, at the scale that the last and largest result needs."""
    image = Image.open(BytesIO(data))
    factor = image.width // int(orders[-1]["width"])
    reduction = next((step for step in (8, 4, 2) if factor >= step), 1)
    if reduction == factor:
        reduction = max(1, reduction // 2)
    image.draft(None, (image.width // reduction, image.height // reduction))
    image.load()
    return [_encode(order) for order in orders]


def _encode(order: Mapping[str, str]) -> bytes:
    body = BytesIO()
    _result(order["input"], int(order["width"])).save(body, "JPEG", quality=int(order["quality"]), optimize=True)
    return body.getvalue()


@lru_cache(maxsize=4)
def _result(path: str, width: int) -> Image.Image:
    image = Image.open(path)
    image.thumbnail((width, image.height))
    return image


if __name__ == "__main__":
    serve(transcode, transcode_all)
