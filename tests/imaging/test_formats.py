from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from grammar.transform import Transform
from imaging.errors import NotAnImage
from imaging.formats import FORMATS, WRITTEN, output_format, sniff
from spellings import words

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_recognised_by_what_pillow_writes(save: Callable[..., bytes], name: str) -> None:
    assert sniff(save(Image.new("RGB", (32, 32)), FORMATS[name].pillow)) is FORMATS[name]


def test_avif_is_recognised_by_a_compatible_brand() -> None:
    assert sniff(b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif").name == "avif"


@pytest.mark.parametrize("brand", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic", b"heix\0\0\0\0"])
def test_heic_is_recognised_by_each_of_its_brands(brand: bytes) -> None:
    assert sniff(b"\0\0\0\x18ftyp" + brand).name == "heic"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "SVG"),
        (b"\n <!DOCTYPE html><html>", "HTML"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isom", "video"),
        (b"II+\0....", "BigTIFF"),
        (b"8BPS\0\1", "Photoshop"),
        (b"BMX is a sport of twenty inches", "first bytes are unknown"),
        (b"%PDF-1.7", "PDF"),
        (b"just some text", "first bytes are unknown"),
        (b"RIFF\0\0\0\0WAVEfmt ", "first bytes are unknown"),
    ],
)
def test_anything_else_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(NotAnImage, match=reason):
        sniff(data)


@given(st.binary(max_size=64))
def test_any_bytes_are_a_format_or_refused(data: bytes) -> None:
    try:
        assert sniff(data).magic.match(data)
    except NotAnImage as error:
        assert error.status == 415  # noqa: PT017 - either outcome is right


def test_the_output_has_the_requested_format_or_the_original_s() -> None:
    assert output_format(Transform(format="webp"), FORMATS["png"]).name == "webp"
    assert output_format(Transform(), FORMATS["png"]).name == "png"
    assert output_format(Transform(format="jxl"), FORMATS["jxl"]).name == "jxl"
    assert output_format(Transform(format="auto"), FORMATS["png"]).name == "png"


@pytest.mark.parametrize("name", FORMATS)
def test_the_default_format_is_one_that_browsers_show(name: str) -> None:
    made = {output_format(Transform(format=asked), FORMATS[name]).name for asked in (None, "auto")}
    assert made == {name} & {"jpeg", "png", "webp", "gif", "avif"} or made <= {"jpeg", "png"}


def test_every_format_of_the_option_can_be_written() -> None:
    assert {*WRITTEN, "auto", "json"} == {*words("format")}
    assert {fmt.instead for fmt in FORMATS.values()} - {None} <= {*WRITTEN}
    assert all(fmt.written or fmt.instead for fmt in FORMATS.values())


def test_the_page_of_urls_lists_the_abilities_of_each_format() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "urls.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")[2:-1]] for line in lines if line.startswith("| ")]
    listed = [row for row in rows if row[0].strip("`") in FORMATS and len(row) == 6]
    yes = {True: "yes", False: "no"}

    assert listed == [
        [
            f"`{fmt.name}`",
            "yes",
            yes[fmt.written],
            yes[fmt.has_alpha],
            yes[fmt.animates],
            f"`{fmt.instead or fmt.name}`",
        ]
        for fmt in FORMATS.values()
    ]
