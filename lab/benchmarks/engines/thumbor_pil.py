"""Thumbor's default engine, without its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image
from thumbor.config import Config
from thumbor.context import Context, RequestParameters, ServerParameters
from thumbor.engines.pil import Engine

from lab.benchmarks.engines.protocol import serve

if TYPE_CHECKING:
    from collections.abc import Mapping

Image.MAX_IMAGE_PIXELS = None
CONTEXT = Context(ServerParameters(8888, "127.0.0.1", "", "", "info", "thumbor.app.ThumborServiceApp"), Config())


def transcode(data: bytes, order: Mapping[str, str]) -> bytes:
    """Execute one order with the calls of thumbor's handler."""
    extension = {"jpeg": ".jpg"}.get(order["format"], f".{order['format']}")
    width = int(order["width"])
    CONTEXT.request = RequestParameters(width=width)
    engine = Engine(CONTEXT)
    engine.load(data, None)
    engine.normalize()
    engine.resize(width, engine.get_proportional_height(width))
    body: bytes = engine.read(extension, int(order["codec_quality"]))
    return body


if __name__ == "__main__":
    serve(transcode)
