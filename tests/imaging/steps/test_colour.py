from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from imaging.steps.colour import from_srgb
from profiles import swapped_profile

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_an_embedded_profile_changes_the_pixels_and_is_not_passed_on(render: Render, save: Save, fmt: str) -> None:
    data = save(Image.new("RGB", (40, 40), (255, 0, 0)), fmt, icc_profile=swapped_profile())

    image = render(data, "20x,f=png")

    assert "icc_profile" not in image.info
    red, _, blue = np.asarray(image.convert("RGB"))[10, 10]
    assert blue > 240
    assert red < 15


def test_alpha_survives_a_profile(render: Render, save: Save) -> None:
    data = save(Image.new("RGBA", (40, 40), (255, 0, 0, 128)), "PNG", icc_profile=swapped_profile())

    assert render(data, "20x").getpixel((9, 9)) == (0, 0, 255, 128)


def test_srgb_is_left_as_it_is(render: Render, save: Save) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = save(Image.new("RGB", (40, 40), (200, 100, 50)), "PNG", icc_profile=profile)

    found = np.asarray(render(data, "20x"))[9, 9]

    assert np.allclose(found, (200, 100, 50), atol=1)


@pytest.mark.parametrize(
    ("mode", "profile"),
    [("RGB", b"nonsense"), ("RGB", swapped_profile()[:200]), ("L", swapped_profile()), ("LA", swapped_profile())],
)
def test_a_profile_that_does_not_fit_is_ignored(render: Render, save: Save, mode: str, profile: bytes) -> None:
    image = Image.new("RGB", (40, 40), (77, 77, 77)).convert(mode)

    found = render(save(image, "PNG", icc_profile=profile), "20x").convert("RGB").getpixel((9, 9))

    assert found == (77, 77, 77)


@pytest.mark.parametrize(
    ("cmyk", "rgb"),
    [((0, 0, 0, 0), (255, 255, 255)), ((0, 0, 0, 255), (0, 0, 0)), ((255, 0, 0, 0), (0, 255, 255))],
)
def test_cmyk_with_adobe_s_inverted_values_becomes_rgb(
    render: Render, save: Save, cmyk: tuple[int, ...], rgb: tuple[int, ...]
) -> None:
    image = render(save(Image.new("CMYK", (64, 64), cmyk), "JPEG", quality=95), "16x,f=png")

    assert image.mode == "RGB"
    assert np.allclose(np.asarray(image)[8, 8], rgb, atol=6)


def test_a_real_profile_is_applied(render: Render, photo: Callable[[str], bytes]) -> None:
    data = photo("hubble.jpg")
    profiled = Image.open(BytesIO(data))
    assert profiled.info["icc_profile"]

    assert render(data, "200x").info.get("icc_profile") is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16"])
def test_unusual_pixels_are_rendered_in_every_format(render: Render, save: Save, mode: str) -> None:
    ramp = Image.linear_gradient("L")
    source = ramp.convert(mode) if mode != "I;16" else Image.frombytes("I;16", (256, 256), bytes(131072))

    for fmt in ("jpeg", "png", "webp", "gif", "avif"):
        assert render(save(source, "PNG"), f"50x40,fit=cover,f={fmt}").size == (50, 40)


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_a_profile_is_kept_on_request_and_the_pixels_with_it(render: Render, save: Save, fmt: str) -> None:
    data = save(Image.new("RGB", (40, 40), (250, 10, 10)), "PNG", icc_profile=swapped_profile())

    image = render(data, f"20x,profile=keep,f={fmt}")

    assert image.info["icc_profile"] == swapped_profile()
    assert np.allclose(np.asarray(image.convert("RGB"))[10, 10], (250, 10, 10), atol=4)


@pytest.mark.parametrize(
    ("mode", "segment"),
    [("RGB", "f=gif"), ("RGB", "f=jxl"), ("L", "f=png"), ("CMYK", "f=jpeg"), ("RGB", "gray=true,f=png")],
)
def test_a_profile_is_not_kept_where_it_would_not_fit(render: Render, save: Save, mode: str, segment: str) -> None:
    fmt = "JPEG" if mode == "CMYK" else "PNG"
    data = save(Image.new(mode, (40, 40)), fmt, icc_profile=swapped_profile())

    assert render(data, f"20x,profile=keep,{segment}").info.get("icc_profile") != swapped_profile()


@pytest.mark.parametrize("fmt", ["gif", "jxl"])
def test_colours_are_srgb_where_a_profile_can_t_be_kept(render: Render, save: Save, fmt: str) -> None:
    data = save(Image.new("RGB", (40, 40), (255, 0, 0)), "PNG", icc_profile=swapped_profile())  # blue

    found = render(data, f"20x,profile=keep,f={fmt}").convert("RGB").getpixel((9, 9))

    assert np.allclose(found, (0, 0, 255), atol=9)  # type: ignore[arg-type] # three bands


def test_grey_is_that_of_the_colours_that_the_profile_means(render: Render, save: Save) -> None:
    data = save(Image.new("RGB", (40, 40), (255, 0, 0)), "PNG", icc_profile=swapped_profile())  # blue

    image = render(data, "20x,gray=true,profile=keep")

    assert (image.mode, "icc_profile" in image.info) == ("L", False)
    assert abs(image.getpixel((9, 9)) - 0.0722 * 255) <= 1  # type: ignore[operator] # one band


@pytest.mark.parametrize("profile", [b"nonsense", swapped_profile()[:100], bytes(3000)])
def test_an_invalid_profile_is_not_kept(render: Render, save: Save, profile: bytes) -> None:
    data = save(Image.new("RGB", (40, 40), (9, 90, 190)), "PNG", icc_profile=profile)

    image = render(data, "20x,profile=keep")

    assert "icc_profile" not in image.info
    assert image.getpixel((5, 5)) == (9, 90, 190)


@pytest.mark.parametrize("alpha", [None, 90])
def test_overlays_are_converted_to_a_kept_profile(alpha: int | None) -> None:
    image = Image.new("RGB", (9, 9), (255, 0, 0))
    if alpha is not None:
        image.putalpha(alpha)

    found = from_srgb(image, swapped_profile()).getpixel((4, 4))

    assert found == pytest.approx((0, 0, 255) if alpha is None else (0, 0, 255, alpha), abs=6)


@pytest.mark.parametrize("profile", [b"nonsense", swapped_profile()[:300]])
def test_an_overlay_is_unchanged_if_the_profile_allows_no_conversion(profile: bytes) -> None:
    image = Image.new("RGB", (9, 9), (255, 0, 0))

    assert from_srgb(image, profile) == image
