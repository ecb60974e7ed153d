"""The photographs, generous limits, the core by its front door, and libjpeg alone."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pillow_avif  # noqa: F401 - Pillow learns AVIF by it, to write and read what the tests make
import pillow_heif
import pillow_jxl  # noqa: F401 - as above
import pytest
from hypothesis import settings
from PIL import Image
from skimage.metrics import structural_similarity

from grammar.transform import parse_transform
from imaging import configure_process
from imaging import transcode as transcode_original
from imaging.limits import Limits
from jpegs.decoding import Reference
from jpegs.encoding import Optimiser
from jpegs.program import Program, find_obstacle
from resizer.allocator import keep_freed_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imaging.writing.encoder import Encoded

settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")

configure_process()
keep_freed_memory()
pillow_heif.register_heif_opener()

Kind = TypeVar("Kind", bound=Program)

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits(max_input_bytes=20_000_000, max_input_pixels=50_000_000, max_output_pixels=20_000_000, max_frames=200)


@pytest.fixture(scope="session")
def photo() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / name).read_bytes()


@pytest.fixture(scope="session")
def transcode(limits: Limits, watermark: bytes) -> Callable[[bytes, str], Encoded]:
    def transcode(data: bytes, segment: str) -> Encoded:
        transform = parse_transform(segment)
        return transcode_original(data, transform, limits=limits, watermark=watermark if transform.watermark else None)

    return transcode


@pytest.fixture(scope="session")
def watermark(save: Callable[..., bytes]) -> bytes:
    """A ring, and a bar through it, white with a dark shadow: used for every watermark that a transform names."""
    rows, columns = np.mgrid[0:80, 0:160]

    def shape(left: float, top: float) -> Any:
        ring = 14 - abs(np.hypot(rows - top, columns - left) - 26)
        bar = np.minimum(8 - abs(rows - top), 70 - abs(columns - left))
        return np.clip(np.maximum(ring, bar), 0, 1)

    white, shadow = shape(78, 38), shape(82, 42) * 0.6
    alpha = white + shadow * (1 - white)
    light = np.where(alpha > 0, white / np.maximum(alpha, 1e-9), 0)
    pixels = np.dstack([light, light, light, alpha])
    return save(Image.fromarray((pixels * 255).round().astype(np.uint8)), "PNG")


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


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    yield from run(Reference, tmp_path_factory)


@pytest.fixture(scope="session")
def optimiser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Optimiser]:
    yield from run(Optimiser, tmp_path_factory)


def run(kind: type[Kind], directories: pytest.TempPathFactory) -> Iterator[Kind]:
    """Skip where Pillow can't be compared; stock Pillow is the only excuse where all is required."""
    obstacle = find_obstacle()
    if obstacle and "stock" not in obstacle and os.environ.get("REQUIRE_CONTAINERS") == "1":
        pytest.fail(obstacle)
    if obstacle:
        pytest.skip(obstacle)
    with kind(directories.mktemp("libjpeg")) as program:
        yield program
