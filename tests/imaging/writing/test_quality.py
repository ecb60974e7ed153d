from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from imaging.analysis.similarity import sample, similarity
from imaging.errors import TooLarge
from imaging.writing import quality
from imaging.writing.encoder import Encoded
from imaging.writing.quality import TARGET, find_quality, fit_bytes

Transcode = Callable[[bytes, str], Encoded]
Photo = Callable[[str], bytes]


def write_jpeg(image: Image.Image, level: int) -> bytes:
    body = BytesIO()
    image.save(body, "JPEG", quality=level)
    return body.getvalue()


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "hubble.jpg"])
def test_the_lowest_quality_is_found_that_looks_alike(photo: Photo, name: str) -> None:
    image = Image.open(BytesIO(photo(name))).convert("RGB").resize((200, 150))
    tried: list[int] = []

    def encode(pixels: Image.Image, level: int) -> bytes:
        tried.append(level)
        return write_jpeg(pixels, level)

    def likeness(level: int) -> float:
        return similarity(image, Image.open(BytesIO(write_jpeg(image, level))))

    found = find_quality(image, encode)

    assert len(tried) <= 7
    assert likeness(found) >= TARGET - 0.005
    assert found == 30 or likeness(found - 3) < TARGET + 0.005


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
def test_a_soft_image_takes_less_quality_than_one_of_stars(transcode: Transcode, photo: Photo, fmt: str) -> None:
    def compare(name: str) -> float:
        auto, fixed = (len(transcode(photo(name), f"300x,f={fmt},q={quality}").body) for quality in ("auto", 70))
        return auto / fixed

    assert compare("seeding.jpg") < 1 < compare("hubble.jpg")


@pytest.mark.parametrize("fmt", ["png", "gif"])
def test_formats_without_a_quality_ignore_it(transcode: Transcode, photo: Photo, fmt: str) -> None:
    data = photo("chelsea.png")

    assert transcode(data, f"60x,f={fmt},q=auto").body == transcode(data, f"60x,f={fmt}").body


@pytest.mark.parametrize("fmt", ["jpeg", "webp", "avif"])
@pytest.mark.parametrize("most", [4000, 8000])
def test_a_file_has_at_most_the_requested_bytes(transcode: Transcode, photo: Photo, fmt: str, most: int) -> None:
    body = transcode(photo("seeding.jpg"), f"300x,f={fmt},q=90,max_bytes={most}").body

    assert 0.7 * most < len(body) <= most


def test_a_file_that_fits_is_not_made_worse(transcode: Transcode, photo: Photo) -> None:
    data = photo("seeding.jpg")

    assert transcode(data, "100x,max_bytes=100000").body == transcode(data, "100x").body


@pytest.mark.parametrize("segment", ["300x,f=png", "300x,f=gif", "300x,f=webp,lossless=true", "900x,f=jpeg"])
def test_a_result_that_does_not_fit_is_refused(transcode: Transcode, photo: Photo, segment: str) -> None:
    with pytest.raises(TooLarge, match="does not fit into 900 bytes"):
        transcode(photo("hubble.jpg"), f"{segment},max_bytes=900")


def test_a_search_for_bytes_is_short_and_ends_with_the_best() -> None:
    for most in range(100):
        tried: list[int] = []

        def encode(level: int, tried: list[int] = tried) -> bytes:
            tried.append(level)
            return bytes(level)

        if most == 0:
            with pytest.raises(TooLarge):
                fit_bytes(most, 90, 1, encode)
        else:
            assert len(fit_bytes(most, 90, 1, encode)) == min(most, 90)
        assert len(tried) <= 8
        assert len(set(tried)) == len(tried)


@pytest.mark.parametrize(("most", "bytes_made", "tries"), [(95, 90, 1), (89, 82, 5), (50, 50, 5), (9, 2, 5), (1, 1, 5)])
def test_a_search_in_many_pixels_is_shorter_and_coarser(most: int, bytes_made: int, tries: int) -> None:
    tried: list[int] = []

    def encode(level: int) -> bytes:
        tried.append(level)
        return bytes(level)

    assert len(fit_bytes(most, 90, 25_000_000, encode)) == bytes_made
    assert len(tried) <= tries


def test_the_similarity_to_reach_is_a_decision_not_an_accident(
    transcode: Transcode, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[Any] = []
    for likeness in (0.9, 0.96, 0.99):
        monkeypatch.setattr(quality, "TARGET", likeness)
        sizes.append(len(transcode(photo("coffee.png"), "300x,f=jpeg,q=auto").body))

    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3


def test_a_large_image_is_judged_by_a_sample(photo: Photo) -> None:
    image = Image.open(BytesIO(photo("seeding.jpg"))).convert("RGB")
    sizes: set[tuple[int, int]] = set()

    def encode(pixels: Image.Image, level: int) -> bytes:
        sizes.add(pixels.size)
        return write_jpeg(pixels, level)

    find_quality(image, encode)

    assert sizes == {sample(image).size} == {(512, 512)}
