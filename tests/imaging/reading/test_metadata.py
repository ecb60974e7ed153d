from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import imaging
from imaging.picture import Metadata
from imaging.reading.exif import read_orientation
from imaging.reading.metadata import select_metadata
from imaging.writing.encoder import Encoded

Transcode = Callable[[bytes, str], Encoded]
Save = Callable[..., bytes]
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>me</x:xmpmeta>"


@pytest.fixture
def exif() -> Image.Exif:
    """EXIF of a photograph on its side, with a copyright holder and a position."""
    exif = Image.Exif()
    exif[274] = 6
    exif[271] = "Camera"
    exif[315] = "A. Artist"
    exif[33432] = "(c) A. Holder"
    exif.get_ifd(34853)[1] = "N"
    return exif


@pytest.fixture(params=["JPEG", "PNG", "WEBP", "AVIF"])
def original(request: pytest.FixtureRequest, save: Save, exif: Image.Exif) -> bytes:
    options: dict[str, Any] = {"exif": exif.tobytes()}
    if request.param == "PNG":
        options["pnginfo"] = None
    else:
        options["xmp"] = XMP
    return save(Image.new("RGB", (60, 40), (200, 90, 20)), request.param, **options)


def read(body: bytes) -> tuple[dict[int, Any], dict[int, Any], bytes | None]:
    image = Image.open(BytesIO(body))
    found = image.getexif()
    xmp = image.info.get("xmp")
    return dict(found), dict(found.get_ifd(34853)), xmp.encode() if isinstance(xmp, str) else xmp


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif", "gif", "jxl"])
def test_no_metadata_is_kept_by_default(transcode: Transcode, original: bytes, to: str) -> None:
    body = transcode(original, f"30x,f={to}").body

    assert read(body) == ({}, {}, None)
    assert b"Holder" not in body


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif", "jxl"])
def test_the_names_of_holder_and_artist_are_kept(transcode: Transcode, original: bytes, to: str) -> None:
    tags, place, xmp = read(transcode(original, f"30x,f={to},metadata=copyright").body)

    assert tags == {315: "A. Artist", 33432: "(c) A. Holder"}
    assert (place, xmp) == ({}, None)


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif", "jxl"])
def test_all_is_kept_but_the_orientation_that_was_applied(transcode: Transcode, original: bytes, to: str) -> None:
    encoded = transcode(original, f"f={to},metadata=all")
    tags, place, xmp = read(encoded.body)

    image = Image.open(BytesIO(encoded.body))
    assert {tag: tags[tag] for tag in (271, 315, 33432)} == {271: "Camera", 315: "A. Artist", 33432: "(c) A. Holder"}
    assert tags.get(274, 1) == 1
    assert place == {1: "N"}
    assert image.size in ((40, 60), (60, 40))
    if Image.open(BytesIO(original)).format != "PNG" and to != "jxl":  # whose plugin reads no XMP
        assert xmp == XMP


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif", "jxl"])
def test_of_an_anonymous_image_neither_place_nor_device_is_told(save: Save, exif: Image.Exif, to: str) -> None:
    private = {
        37500: b"maker's note",
        42032: "Owner",
        42033: "body-1",
        42037: "lens-1",
        42016: "unique",
        37510: b"note",
    }
    exif.get_ifd(34665).update({36867: "2026:01:02 03:04:05", 42036: "Lens", **private})
    exif[316] = "computer"
    exif[50735] = "camera-1"
    data = save(Image.new("RGB", (60, 40)), "JPEG", exif=exif.tobytes(), xmp=XMP)

    body = imaging.transcode(data, f"f={to},metadata=all", anonymous=True).body

    tags, place, xmp = read(body)
    assert {tag for tag in tags if tag != 34665} - {274} == {271, 315, 33432}
    assert Image.open(BytesIO(body)).getexif().get_ifd(34665) == {36867: "2026:01:02 03:04:05", 42036: "Lens"}
    assert (place, xmp) == ({}, None)
    for secret in (b"maker's note", b"Owner", b"body-1", b"lens-1", b"unique", b"camera-1", b"computer"):
        assert secret in data
        assert secret not in body


def test_a_thumbnail_of_the_uncropped_image_is_not_kept(save: Save, exif: Image.Exif, transcode: Transcode) -> None:
    block = exif.tobytes()
    thumbnail = save(Image.new("RGB", (8, 8)), "JPEG")
    # a second directory behind the first, as cameras write it: JPEGInterchangeFormat and its length
    tiff = bytearray(block.removeprefix(b"Exif\0\0"))
    entries = int.from_bytes(tiff[8:10], "big" if tiff[:2] == b"MM" else "little")
    order = "big" if tiff[:2] == b"MM" else "little"
    pointer = 8 + 2 + 12 * entries
    tiff[pointer : pointer + 4] = len(tiff).to_bytes(4, order)  # type: ignore[arg-type] # one of two words
    tiff += (2).to_bytes(2, order)  # type: ignore[arg-type] # as above
    start = len(tiff) + 28
    for tag, value in ((513, start), (514, len(thumbnail))):
        tiff += tag.to_bytes(2, order) + (4).to_bytes(2, order) + (1).to_bytes(4, order) + value.to_bytes(4, order)  # type: ignore[arg-type] # as above
    tiff += bytes(4) + thumbnail
    data = save(Image.new("RGB", (60, 40)), "JPEG", exif=b"Exif\0\0" + bytes(tiff))

    body = transcode(data, "metadata=all").body

    assert read(body)[0][315] == "A. Artist"
    assert thumbnail[-100:] not in body


@pytest.mark.parametrize(
    "info",
    [
        {"exif": b"Exif\0\0II*\0\xff\xff\xff\xff"},
        {"exif": b"nonsense"},
        {"exif": b"Exif\0\0" + b"II*\0\x08\0\0\0\xff\xff" + b"\0" * 70_000},
        {"xmp": b"\xff\xfe"},
        {"xmp": b"x" * 70_000},
        {"xmp": 7},
    ],
)
def test_unreadable_metadata_is_left_out(info: dict[str, Any]) -> None:
    assert select_metadata(info, "all") == Metadata()


@given(st.binary(max_size=300), st.sampled_from(["copyright", "all"]))
def test_any_bytes_are_kept_rewritten_or_left_out(data: bytes, mode: str) -> None:
    for prefix in (b"", b"Exif\0\0II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        kept = select_metadata({"exif": prefix + data, "xmp": data}, mode)
        assert read_orientation(kept.exif) == 1
        assert len(kept.exif) <= 65_000


@pytest.mark.parametrize(
    ("packet", "kept"),
    [
        (b'<a tiff:Orientation="6" b="6"/>', b'<a tiff:Orientation="1" b="6"/>'),
        (b"<a tiff:Orientation='8'/>", b"<a tiff:Orientation='1'/>"),
        (b"<tiff:Orientation> 3</tiff:Orientation>", b"<tiff:Orientation> 1</tiff:Orientation>"),
        (b"<xmpGImg:image>/9j/4AAQ&#xA;SkZ</xmpGImg:image><b>c</b>", b"<xmpGImg:image></xmpGImg:image><b>c</b>"),
        (b'<a xmpGImg:image="/9j/4AAQ" b="c"/>', b'<a xmpGImg:image="" b="c"/>'),
    ],
)
def test_xmp_neither_turns_the_image_nor_shows_what_was_cropped(packet: bytes, kept: bytes) -> None:
    assert select_metadata({"xmp": packet}, "all").xmp == kept
