from __future__ import annotations

import ctypes
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageCms
from PIL.WebPImagePlugin import WebPImageFile

from grammar.transform import Transform, parse_transform
from imaging.errors import DamagedImage
from imaging.reading import webp
from imaging.reading.decoder import decode, read_header
from imaging.reading.webp import StillWebP, open_still

if TYPE_CHECKING:
    from collections.abc import Callable

    from imaging.limits import Limits

    Save = Callable[..., bytes]
    Photo = Callable[[str], bytes]

pytestmark = pytest.mark.skipif(webp._load_library() is None, reason="Pillow's libwebp is none of the system's")


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webp, "_load_library", lambda: None)


@pytest.fixture
def photograph(photo: Photo) -> Image.Image:
    return Image.open(BytesIO(photo("chelsea.png"))).convert("RGB")


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(Image.radial_gradient("L").resize(image.size))
    return image


@pytest.mark.parametrize("options", [{"quality": 70}, {"lossless": True}])
@pytest.mark.parametrize("change", [lambda image: image, with_alpha], ids=["opaque", "transparent"])
def test_a_whole_image_has_the_same_pixels_as_by_pillow(
    photograph: Image.Image, save: Save, change: Callable[[Image.Image], Image.Image], options: dict[str, Any]
) -> None:
    data = save(change(photograph), "WEBP", **options)
    found, expected = open_still(data), WebPImageFile(BytesIO(data))
    assert found is not None
    assert (found.mode, found.size) == (expected.mode, expected.size)
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("change", [lambda image: image, with_alpha], ids=["opaque", "transparent"])
def test_a_reduced_image_looks_as_one_that_was_reduced_later(
    photograph: Image.Image, save: Save, limits: Limits, change: Callable[[Image.Image], Image.Image]
) -> None:
    data = save(change(photograph), "WEBP", quality=90)
    found = open_still(data)
    assert found is not None
    found.draft(None, (150, 100))
    found.load()
    assert found.size == (150, 100)
    late = WebPImageFile(BytesIO(data)).resize((150, 100), Image.Resampling.BOX)
    difference = [
        abs(a - b) for a, b in zip(found.convert("RGB").tobytes(), late.convert("RGB").tobytes(), strict=True)
    ]
    assert sum(difference) / len(difference) < 3
    picture = decode(data, parse_transform("100x,f=png"), limits)
    assert picture.frames[0].image.size == (201, 134)  # twice 100 by 67, and the rest of the width
    assert picture.box == (0, 0, 201, 134)


def test_metadata_chunks_are_found(photograph: Image.Image, save: Save, limits: Limits) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[274] = 6
    data = save(photograph, "WEBP", icc_profile=profile, exif=exif, xmp=b"<x/>")
    found, expected = open_still(data), WebPImageFile(BytesIO(data))
    assert found is not None
    assert found.info == {name: expected.info[name] for name in ("icc_profile", "exif", "xmp")}
    assert read_header(data, limits).orientation == 6


def test_an_animation_is_left_to_pillow(save: Save) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    assert open_still(save(frames, "WEBP", duration=50)) is None


@pytest.mark.parametrize("options", [{"quality": 70}, {"lossless": True}])
def test_half_a_file_is_damaged(photograph: Image.Image, save: Save, limits: Limits, options: dict[str, Any]) -> None:
    data = save(photograph, "WEBP", **options)
    with pytest.raises(DamagedImage):
        decode(data[: len(data) // 2], parse_transform("100x,f=png"), limits)


@pytest.mark.usefixtures("without_library")
def test_without_the_library_pillow_reads_it(photograph: Image.Image, save: Save, limits: Limits) -> None:
    data = save(photograph, "WEBP", lossless=True)
    assert decode(data, Transform(format="png"), limits).frames[0].image.tobytes() == photograph.tobytes()


def test_the_structures_are_as_large_as_the_librarys() -> None:
    # sizeof(WebPDecoderConfig), WebPDecBuffer and WebPBitstreamFeatures, by a C compiler on x86-64
    assert [ctypes.sizeof(it) for it in (webp._Config, webp._Output, webp._Features)] == [240, 120, 40]


def test_a_still_is_decoded_once(photograph: Image.Image, save: Save) -> None:
    found = open_still(save(photograph, "WEBP"))
    assert isinstance(found, StillWebP)
    found.load()
    found.draft(None, (10, 10))
    found.load()
    assert found.size == photograph.size
