from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.formats import FORMATS, WRITTEN
from imaging.writing.encoder import Encoded, _to_avif

Transcode = Callable[[bytes, str], Encoded]
Save = Callable[..., bytes]
Photo = Callable[[str], bytes]


@pytest.mark.parametrize("name", WRITTEN)
def test_the_encoded_attributes_match_the_file(transcode: Transcode, photo: Photo, name: str) -> None:
    encoded = transcode(photo("coffee.png"), f"120x90,f={name}")

    with Image.open(BytesIO(encoded.body)) as image:
        assert (image.format, image.size) == (FORMATS[name].pillow, (120, 80))
    assert encoded.content_type == f"image/{name}"
    assert (encoded.format, encoded.width, encoded.height, encoded.frames) == (name, 120, 80, 1)


@pytest.mark.parametrize("name", WRITTEN)
def test_no_metadata_is_published(transcode: Transcode, save: Save, name: str) -> None:
    original = Image.new("RGB", (64, 64), "teal")
    exif = Image.Exif()
    exif[0x010E] = "private words"
    data = save(original, "JPEG", exif=exif, comment=b"private words", xmp=b"<x:xmpmeta>private words</x:xmpmeta>")

    encoded = transcode(data, f"32x,f={name}")

    with Image.open(BytesIO(encoded.body)) as image:
        image.load()
        kept = {"exif", "comment", "xmp", "icc_profile"} & set(image.info)
        assert kept <= ({"icc_profile"} if name == "jxl" else set())  # its decoder makes one up, of sRGB
    assert b"private" not in encoded.body


@pytest.mark.parametrize("name", ["jpeg", "webp", "avif"])
def test_quality_counts_and_has_the_deployment_s_default(transcode: Transcode, photo: Photo, name: str) -> None:
    data = photo("chelsea.png")
    low, normal, default, high = (transcode(data, f"200x,f={name}{q}").body for q in (",q=20", ",q=80", "", ",q=100"))

    assert len(low) < len(normal) < len(high)
    assert default == normal


def test_the_same_quality_looks_the_same_in_every_format(
    render: Callable[[bytes, str], Image.Image], photo: Photo, similarity: Callable[[Image.Image, Image.Image], float]
) -> None:
    data = photo("chelsea.png")
    original = render(data, "300x,f=png").convert("L")

    similar = [similarity(original, render(data, f"300x,f={name}").convert("L")) for name in ("jpeg", "webp", "avif")]

    assert max(similar) - min(similar) < 0.02
    assert min(similar) > 0.93


def test_avif_s_quality_follows_jpeg_s() -> None:
    mapped = [_to_avif(quality, 6) for quality in range(1, 101)]

    assert mapped == sorted(mapped)
    assert (mapped[0], mapped[79], mapped[99]) == (14, 60, 100)


@pytest.mark.parametrize("levels", [256, 2], ids=["grey levels", "black and white"])
@pytest.mark.parametrize("quality", [1, 94, 100])
def test_pure_noise_fits_the_encoder_s_buffer(transcode: Transcode, save: Save, quality: int, levels: int) -> None:
    noise = np.random.default_rng(1).integers(0, levels, (600, 700, 3), np.uint8) * (255 // (levels - 1))

    for name in ("jpeg", "jpeg,progressive=true", "webp", "gif"):
        assert transcode(save(Image.fromarray(noise.astype(np.uint8)), "PNG"), f"f={name},q={quality}").width == 700


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_single_pixel_is_encoded_in_every_format(transcode: Transcode, save: Save, mode: str, name: str) -> None:
    assert transcode(save(Image.new(mode, (1, 1)), "PNG"), f"f={name}").width == 1


def test_alpha_that_hides_nothing_is_dropped(transcode: Transcode, save: Save) -> None:
    encoded = transcode(save(Image.new("RGBA", (9, 9), (1, 2, 3, 255)), "PNG"), "f=png")

    assert Image.open(BytesIO(encoded.body)).mode == "RGB"


@pytest.mark.parametrize("name", ["webp", "jxl"])
def test_lossless_is_the_image_itself(render: Callable[[bytes, str], Image.Image], photo: Photo, name: str) -> None:
    data = photo("astronaut.png")

    exact, lossless, lossy = (
        np.asarray(render(data, f"200x,f={segment}").convert("RGB"), int)
        for segment in ("png", f"{name},lossless=true", name)
    )

    assert (exact == lossless).all()
    assert not (exact == lossy).all()


def test_lossless_is_ignored_for_jpeg(transcode: Transcode, photo: Photo) -> None:
    data = photo("astronaut.png")

    for segment in ("200x,f=jpeg", "200x,f=jpeg,q=50"):
        assert transcode(data, f"{segment},lossless=true").body == transcode(data, segment).body


def test_lossless_webp_keeps_alpha_too(render: Callable[[bytes, str], Image.Image], save: Save) -> None:
    pixels = np.random.default_rng(3).integers(1, 256, (40, 40, 4), np.uint8)

    image = render(save(Image.fromarray(pixels), "PNG"), "f=webp,lossless=true")

    assert (np.asarray(image) == pixels).all()


def test_lossless_avif_is_nearly_the_image_itself(render: Callable[[bytes, str], Image.Image], photo: Photo) -> None:
    data = photo("coffee.png")

    exact, lossless = (
        np.asarray(render(data, f"200x,f={segment}").convert("RGB"), int) for segment in ("png", "avif,lossless=true")
    )

    assert np.abs(exact - lossless).max() <= 3


def test_progressive_makes_a_progressive_jpeg(transcode: Transcode, photo: Photo) -> None:
    data = photo("coffee.png")

    for segment, progressive in (("f=jpeg", False), ("f=jpeg,progressive=true", True)):
        with Image.open(BytesIO(transcode(data, segment).body)) as image:
            assert ("progression" in image.info) == progressive


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_without_the_jfif_header_has_the_same_pixels(
    transcode: Transcode, save: Save, photo: Photo, mode: str
) -> None:
    image = Image.open(BytesIO(photo("coffee.png"))).convert(mode)
    usual = save(image, "JPEG", quality=80, subsampling="4:2:0", optimize=True)

    body = transcode(save(image, "PNG"), "f=jpeg").body

    assert b"JFIF" in usual[:20]
    assert body == usual[:2] + usual[20:]
    assert Image.open(BytesIO(body)).convert(mode).tobytes() == Image.open(BytesIO(usual)).convert(mode).tobytes()


def test_exif_is_the_first_segment_of_a_jpeg(transcode: Transcode, save: Save) -> None:
    exif = Image.Exif()
    exif[0x013B] = "an artist"
    body = transcode(save(Image.new("RGB", (64, 64), "teal"), "JPEG", exif=exif), "metadata=all").body

    assert (body[:4], body[6:12]) == (b"\xff\xd8\xff\xe1", b"Exif\0\0")
    assert Image.open(BytesIO(body)).getexif()[0x013B] == "an artist"


@pytest.mark.parametrize("name", ["webp", "avif", "jxl"])
def test_hidden_colours_do_not_bleed_into_edges(
    render: Callable[[bytes, str], Image.Image], save: Save, name: str
) -> None:
    logo = Image.new("RGBA", (121, 121))
    ImageDraw.Draw(logo).ellipse((10, 10, 110, 110), fill=(240, 240, 60))

    found = np.asarray(render(save(logo, "PNG"), f"f={name}").convert("RGBA"), float)

    colours = found[found[..., 3] > 250][:, :3]
    assert np.abs(colours - (240, 240, 60)).mean(0).max() < 4
    assert np.percentile(np.abs(colours - (240, 240, 60)), 99.5) < 40
