"""Any transform that the table allows, of images of every mode."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from grammar.errors import MalformedTransform
from grammar.transform import parse_transform
from imaging import transcode
from imaging.errors import TooLarge
from imaging.layout.framing import frame
from imaging.limits import Limits
from imaging.pipeline import apply
from imaging.reading.auto import resolve_auto
from imaging.reading.decoder import decode
from imaging.watermark import open_watermark
from spellings import transforms

if TYPE_CHECKING:
    from collections.abc import Callable

    from grammar.transform import Transform

LIMITS = Limits(max_input_bytes=1_000_000, max_input_pixels=100_000, max_output_pixels=100_000, max_frames=10)
FORMATS = ("jpeg", "png", "webp", "avif", "gif")
COLOURS: dict[str, int | tuple[int, ...]] = {
    "L": 90,
    "LA": (90, 60),
    "RGB": (10, 200, 90),
    "RGBA": (10, 200, 90, 128),
    "CMYK": (9, 90, 200, 20),
    "1": 1,
}


@pytest.fixture(scope="module")
def originals(save: Callable[..., bytes]) -> dict[str, bytes]:
    """One original of each mode, and an animation."""
    found = {}
    for mode, colour in COLOURS.items():
        image = Image.new(mode, (60, 40), colour)
        image.paste(colour, (0, 0, 10, 10))
        found[mode] = save(image, "JPEG" if mode == "CMYK" else "PNG")
    found["moving"] = save([Image.new("RGBA", (30, 20), (90 * step, 9, 9, 200)) for step in range(3)], "WEBP")
    return found


def fit_limits(transform: Transform) -> Transform:
    """Make the sides small, so that most examples are within the limits."""
    shrink: dict[str, Any] = {
        name: side and side % 97 + 1 for name in ("width", "height") if (side := getattr(transform, name))
    }
    crop = transform.crop
    if crop is not None and isinstance(crop[0], int):
        shrink["crop"] = tuple(number % 30 + 1 for number in crop)
    if transform.format == "json":
        shrink["format"] = None  # a description is not an image
    return replace(transform, **shrink)


@settings(max_examples=150)
@given(transforms, st.sampled_from([*COLOURS, "moving"]))
def test_any_transform_of_any_image_is_made_in_its_size(
    originals: dict[str, bytes], watermark: bytes, transform: Transform, kind: str
) -> None:
    data = originals[kind]
    transform = resolve_auto(fit_limits(transform), data, LIMITS, FORMATS)
    try:
        framing = frame(Image.open(BytesIO(data)).size, 1, transform)
        encoded = transcode(data, transform, limits=LIMITS, watermark=watermark if transform.watermark else None)
    except (TooLarge, MalformedTransform):  # beyond the limits, or a crop outside of the image
        assume(False)  # noqa: FBT003 - hypothesis has it so

    image = Image.open(BytesIO(encoded.body))
    image.load()
    assert image.size == framing.layout.outer == (encoded.width, encoded.height)


@pytest.mark.parametrize("segment", ["20x", "20x,wm=logo.png"])
def test_a_watermark_is_never_omitted_or_added(originals: dict[str, bytes], watermark: bytes, segment: str) -> None:
    transform = parse_transform(segment)
    mark = None if transform.watermark else open_watermark(watermark, "logo.png", LIMITS)

    with pytest.raises(ValueError, match="a watermark"):
        apply(decode(originals["RGB"], transform, LIMITS), transform, mark)
