"""The core of this project, as the resize function calls it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grammar.transform import parse_transform
from imaging import configure_process, transcode
from imaging.layout.framing import frame
from imaging.limits import Limits
from imaging.pipeline import apply
from imaging.reading.decoder import decode
from imaging.transcoding import DEFAULT_QUALITY
from imaging.writing.encoder import encode
from lab.benchmarks.engines.protocol import serve
from resizer.allocator import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grammar.transform import Transform

LIMITS = Limits(max_input_bytes=10**9, max_input_pixels=10**9, max_output_pixels=10**8, max_frames=1000)


def follow(data: bytes, order: Mapping[str, str]) -> bytes:
    """Execute one order, as the function does."""
    return transcode(data, _parse(order), limits=LIMITS).body


def follow_all(data: bytes, orders: Sequence[Mapping[str, str]]) -> list[bytes]:
    """Execute orders of one still, the largest last: made from the original, and each other from the next larger."""
    if len(orders) == 1:
        return [follow(data, orders[0])]
    transforms = [_parse(order) for order in orders]
    picture = decode(data, transforms[-1], LIMITS)
    bodies: list[bytes] = []
    for transform in reversed(transforms):
        size = picture.frames[0].image.size
        if bodies:
            framing = frame(size, picture.orientation, transform)
            picture = replace(picture, layout=framing.layout, box=framing.box)
        picture = apply(picture, transform)
        bodies.insert(0, encode(picture, transform, DEFAULT_QUALITY).body)
    return bodies


def _parse(order: Mapping[str, str]) -> Transform:
    return parse_transform(f"{order['width']}x,f={order['format']},q={order['quality']}")


if __name__ == "__main__":
    configure_process()
    keep_freed_memory()
    serve(follow, follow_all)
