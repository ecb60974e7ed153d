"""Libvips by pyvips: `thumbnail_buffer`, one thread, no cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyvips

from lab.benchmarks.engines.protocol import serve

if TYPE_CHECKING:
    from collections.abc import Mapping

pyvips.cache_set_max(0)


def transcode(data: bytes, order: Mapping[str, str]) -> bytes:
    """Execute one order."""
    animation = "[n=-1]" if data[:3] == b"GIF" else ""
    image = pyvips.Image.thumbnail_buffer(data, int(order["width"]), height=10**6, size="down", option_string=animation)
    options: dict[str, Any] = {} if order["format"] == "png" else {"Q": int(order["codec_quality"])}
    if order["format"] == "jpeg":
        options["optimize_coding"] = True
    suffix = {"jpeg": ".jpg", "avif": ".avif", "webp": ".webp", "png": ".png"}[order["format"]]
    body: bytes = image.write_to_buffer(suffix, **options)
    return body


if __name__ == "__main__":
    serve(transcode)
