"""The search for a quality: `quality=auto` and `max_bytes`."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from imaging.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image as PillowImage

    Encode = Callable[[PillowImage, int], bytes]

TARGET = 0.96
"""The SSIM to reach. JPEG reaches it at quality 40 with a soft background, 80 with wood grain, 90 with many stars."""

_LOWEST, _HIGHEST = 30, 95
"""Below, artefacts are visible at any SSIM; above, only bytes are added."""

_MANY_PIXELS = 4_000_000
_COARSE_STEP = 8


def find_quality(image: PillowImage, encode: Encode) -> int:
    """Return the lowest quality at which the encoded image is similar enough to the original (`TARGET`).

    By bisection: at most seven encodings of a sample, whose size is limited.
    """
    from imaging.analysis.similarity import sample, similarity  # noqa: PLC0415 - few requests need it, and loading it slows a cold start

    reference = sample(image)

    def passes(quality: int) -> bool:
        with Image.open(BytesIO(encode(reference, quality))) as decoded:
            return similarity(reference, decoded.convert("RGB")) >= TARGET

    return _first(passes, _LOWEST, _HIGHEST)


def fit_bytes(maximum: int, highest: int, pixels: int, encode: Callable[[int], bytes]) -> bytes:
    """Return the encoding of the best quality, up to `highest`, that has at most `maximum` bytes.

    By bisection: at most eight encodings, or five in larger steps if the image has many `pixels` (of all frames).
    Raises TooLarge if none fits.
    """
    step = 1 if pixels <= _MANY_PIXELS else _COARSE_STEP
    body = encode(highest)
    if len(body) <= maximum:
        return body
    fitting: dict[int, bytes] = {}

    def passes(steps: int) -> bool:
        body = encode(max(1, highest - steps * step))
        if len(body) <= maximum:
            fitting[steps] = body
        return steps in fitting

    beyond = 1 - (1 - highest) // step  # a step beyond the lowest quality
    steps = _first(passes, 1, beyond)
    if steps not in fitting:
        raise TooLarge(f"The result does not fit into {maximum:,} bytes at any quality.")
    return fitting[steps]


def _first(passes: Callable[[int], bool], low: int, high: int) -> int:
    """Return the lowest number that passes, if all above it pass too; `high`, untested, if none below passes."""
    while low < high:
        middle = (low + high) // 2
        if passes(middle):
            high = middle
        else:
            low = middle + 1
    return high
