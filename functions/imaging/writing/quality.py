"""Which quality to encode with, where that has to be found out: `quality=auto` and `max_bytes`."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from imaging.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image as PillowImage

    Encode = Callable[[PillowImage, int], bytes]

LIKENESS = 0.96
"""The similarity to reach. JPEG does at quality 40 with a soft background, 80 with wood grain, 90 with many stars."""

_LOWEST, _HIGHEST = 30, 95
"""Below, artefacts show whatever the measure says; above, only bytes are added."""

_MANY_PIXELS = 4_000_000
_COARSE_STEP = 8


def alike_quality(image: PillowImage, encode: Encode) -> int:
    """Return the lowest quality at which the image, decoded again, is similar enough to what it was (`LIKENESS`).

    By halving the range: at most seven small encodings, of a sample whose size has a limit.
    """
    from imaging.analysis.similarity import sample, similarity  # noqa: PLC0415 - most requests say how good it should be

    reference = sample(image)

    def passes(quality: int) -> bool:
        with Image.open(BytesIO(encode(reference, quality))) as decoded:
            return similarity(reference, decoded.convert("RGB")) >= LIKENESS

    return _first(passes, _LOWEST, _HIGHEST)


def fit_bytes(most: int, highest: int, pixels: int, encode: Callable[[int], bytes]) -> bytes:
    """Return the encoding of the best quality, up to `highest`, that has at most so many bytes.

    By halving the range: at most eight encodings, five coarser ones if the image has many `pixels` (of all frames).
    Raises TooLarge where none has.
    """
    step = 1 if pixels <= _MANY_PIXELS else _COARSE_STEP
    body = encode(highest)
    if len(body) <= most:
        return body
    fitting: dict[int, bytes] = {}

    def passes(steps: int) -> bool:
        body = encode(max(1, highest - steps * step))
        if len(body) <= most:
            fitting[steps] = body
        return steps in fitting

    beyond = 1 - (1 - highest) // step  # one step more than the lowest quality takes
    steps = _first(passes, 1, beyond)
    if steps not in fitting:
        raise TooLarge(f"The result can't be made in {most:,} bytes.")
    return fitting[steps]


def _first(passes: Callable[[int], bool], low: int, high: int) -> int:
    """Return the lowest number that passes, if all above it do too; `high`, untried, if none below does."""
    while low < high:
        middle = (low + high) // 2
        if passes(middle):
            high = middle
        else:
            low = middle + 1
    return high
