"""Originals without a useful content type get that of their bytes; nothing that a browser would run is guessed."""

from __future__ import annotations

import time
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cloud.content_type import BEGINNING, SVG, detect, is_useful
from imaging.formats import FORMATS, sniff
from world import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

SVGS = [
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"\xef\xbb\xbf\r\n <?xml version='1.0'?>\n<!-- a <html> -->\n<!DOCTYPE svg PUBLIC '-//W3C' 'x'>\n<svg>",
    b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg:svg xmlns:svg='x'>",
]
NOT_SVGS = [
    b"<html><svg></svg></html>",
    b"<!DOCTYPE html><svg>",
    b"<!-- <svg> --><html>",
    b"<?xml version='1.0'?><rss/>",
    b"<svgx>",
    b"<script>alert(1)</script>",
    b"text about <svg>",
    b"",
]


@pytest.mark.parametrize(
    "useful", ["image/jpeg", "text/html; charset=utf-8", "application/vnd.ms-excel", "image/svg+xml"]
)
def test_an_owners_type_is_kept(useful: str) -> None:
    assert is_useful(useful)


@pytest.mark.parametrize(
    "useless",
    [
        *("", "binary/octet-stream", "application/octet-stream", "Application/Octet-Stream; charset=x", "undefined"),
        *(
            "*/*",
            "image/*",
            "null",
            "application/x-www-form-urlencoded",
            "a, b",
            'image/png"><script>',
            "image/png\r\nx: y",
        ),
    ],
)
def test_some_types_say_nothing(useless: str) -> None:
    assert not is_useful(useless)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_core_is_known_by_its_first_bytes(save: Callable[..., bytes], name: str) -> None:
    body = save(Image.new("RGB", (32, 32)), FORMATS[name].pillow)
    assert sniff(body).name == name
    assert detect(body[:BEGINNING], "a.html") == FORMATS[name].content_type


@pytest.mark.parametrize("body", SVGS)
def test_svg_is_known_by_its_root(body: bytes) -> None:
    assert detect(body, "a.bin") == SVG


@pytest.mark.parametrize("body", NOT_SVGS)
@pytest.mark.parametrize("key", ["a.svg", "a.html", "a.xhtml", "a.js", "a.xml", "a", "a.svgz", "data:text/html,x"])
def test_nothing_else_becomes_active_content(body: bytes, key: str) -> None:
    assert detect(body, key) == "application/octet-stream"


@pytest.mark.parametrize(
    ("key", "content_type"),
    [
        ("a/b.JPG", "image/jpeg"),
        ("x.avif", "image/avif"),
        ("x.heic", "image/heic"),
        ("clip.mp4", "video/mp4"),
        ("a.jpg.gz", "application/octet-stream"),
        ("a.exe", "application/octet-stream"),
        ("a.pdf", "application/octet-stream"),
        ("jpg", "application/octet-stream"),
    ],
)
def test_unknown_bytes_have_the_type_of_the_extension(key: str, content_type: str) -> None:
    assert detect(b"unknown", key) == content_type


@given(st.binary(max_size=200), st.text(max_size=20))
def test_anything_has_a_harmless_type(body: bytes, key: str) -> None:
    kind, _, _ = detect(body, key).partition("/")
    assert kind in {"image", "video", "audio", "font"} or detect(body, key) == "application/octet-stream"


@pytest.mark.parametrize(
    "part", [b"<!---->", b"<!--", b"<!DOCTYPE svg [", b"<!DOCTYPE svg>", b" ", b"<?xml ", b"\xef\xbb\xbf"]
)
def test_hostile_beginnings_cost_little(part: bytes) -> None:
    body = (part * BEGINNING)[:BEGINNING]
    started = time.process_time()
    detect(body, "a.svg")
    assert time.process_time() - started < 0.5


def test_a_photograph_is_known_in_spite_of_its_name() -> None:
    assert detect((SAMPLES / "seeding.jpg").read_bytes()[:BEGINNING], "index.html") == "image/jpeg"
    png = BytesIO()
    Image.new("RGB", (1, 1)).save(png, "PNG")
    assert detect(png.getvalue(), "") == "image/png"
