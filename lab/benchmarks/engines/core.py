"""The core of this project, as the resize function calls it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grammar.transform import parse_transform
from imaging.layout.framing import frame
from imaging.limits import Limits
from imaging.pipeline import apply
from imaging.reading.decoder import decode
from imaging.writing.encoder import encode
from lab.benchmarks.engines.protocol import serve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grammar.transform import Transform

LIMITS = Limits(max_input_bytes=10**9, max_input_pixels=10**9, max_output_pixels=10**8, max_frames=1000)


def transcode(data: bytes, order: Mapping[str, str]) -> bytes:
    """Follow one order."""
    transform = _parse(order)
    return encode(apply(decode(data, transform, LIMITS), transform), transform, 80).body


def transcode_all(data: bytes, orders: Sequence[Mapping[str, str]]) -> list[bytes]:
    """Follow orders of one still, the largest last: that is made of the original, and each other of the next larger."""
    transforms = [_parse(order) for order in orders]
    picture = decode(data, transforms[-1], LIMITS)
    bodies: list[bytes] = []
    for transform in reversed(transforms):
        size = picture.frames[0].image.size
        if bodies:
            framing = frame(size, picture.orientation, transform)
            picture = replace(picture, layout=framing.layout, box=framing.box)
        picture = apply(picture, transform)
        bodies.insert(0, encode(picture, transform, 80).body)
    return bodies


def _parse(order: Mapping[str, str]) -> Transform:
    return parse_transform(f"{order['width']}x,f={order['format']},q={order['quality']}")


if __name__ == "__main__":
    serve(transcode, transcode_all)
