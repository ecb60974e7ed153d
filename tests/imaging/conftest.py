"""The photographs, generous limits, and the three calls of the core as one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pillow_avif  # noqa: F401 - Pillow learns AVIF by it, to write and read what the tests make
import pillow_heif
import pillow_jxl  # noqa: F401 - as above
import pytest
from hypothesis import settings
from PIL import Image
from skimage.metrics import structural_similarity

from imaging.decoder import decode
from imaging.encoder import Encoded, encode
from imaging.limits import Limits
from imaging.pipeline import apply
from imaging.transform import parse_transform

if TYPE_CHECKING:
    from collections.abc import Callable

settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")

pillow_heif.register_heif_opener()

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits(max_input_bytes=20_000_000, max_input_pixels=50_000_000, max_output_pixels=20_000_000, max_frames=200)


@pytest.fixture(scope="session")
def photo() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture(scope="session")
def transcode(limits: Limits) -> Callable[[bytes, str], Encoded]:
    def transcode(data: bytes, segment: str) -> Encoded:
        transform = parse_transform(segment)
        return encode(apply(decode(data, transform, limits), transform), transform, 80)

    return transcode


@pytest.fixture(scope="session")
def render(transcode: Callable[[bytes, str], Encoded]) -> Callable[[bytes, str], Image.Image]:
    """Transcode, and open what came out."""

    def render(data: bytes, segment: str) -> Image.Image:
        image = Image.open(BytesIO(transcode(data, segment).body))
        image.load()
        return image

    return render


@pytest.fixture(scope="session")
def similarity() -> Callable[[Image.Image, Image.Image], float]:
    """Compare two images of the same size in colour: 1 if they are equal."""

    def similarity(one: Image.Image, other: Image.Image) -> float:
        colours = [np.asarray(image.convert("RGB")) for image in (one, other)]
        return float(structural_similarity(*colours, channel_axis=2))  # type: ignore[no-untyped-call] # no annotations

    return similarity


@pytest.fixture(scope="session")
def save() -> Callable[..., bytes]:
    """Write an image, or several as an animation, as the original of a test."""

    def save(image: Image.Image | list[Image.Image], fmt: str, **options: Any) -> bytes:
        first, *others = image if isinstance(image, list) else [image]
        if others:
            options |= {"save_all": True, "append_images": others}
        body = BytesIO()
        first.save(body, fmt, **options)
        return body.getvalue()

    return save
