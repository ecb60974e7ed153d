"""The core of this project, as the resize function calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.engines.protocol import serve
from imaging.decoder import decode
from imaging.encoder import encode
from imaging.limits import Limits
from imaging.pipeline import apply
from imaging.transform import parse_transform

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMITS = Limits(max_input_bytes=10**9, max_input_pixels=10**9, max_output_pixels=10**8, max_frames=1000)


def transcode(data: bytes, order: Mapping[str, str]) -> bytes:
    """Follow one order."""
    transform = parse_transform(f"{order['width']}x,f={order['format']},q={order['quality']}")
    return encode(apply(decode(data, transform, LIMITS), transform), transform, 80).body


if __name__ == "__main__":
    serve(transcode)
