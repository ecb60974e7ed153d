"""`download=` names a file, whose extension is that of what was made, and nothing else reaches the header."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resizer.download import _EXTENSIONS, disposition
from world import DESTINATION, SAMPLES, World


@pytest.mark.parametrize(
    ("name", "content_type", "filename"),
    [
        ("cat.jpg", "image/jpeg", "cat.jpg"),
        ("cat.JPEG", "image/jpeg", "cat.JPEG"),
        ("cat.jpg", "image/webp", "cat.webp"),
        ("cat", "image/png", "cat.png"),
        ("jpg", "image/jpeg", "jpg.jpg"),
        ("cat.", "image/png", "cat.png"),
        ("cat.v2", "image/avif", "cat.v2.avif"),
        ("setup.exe", "image/jpeg", "setup.exe.jpg"),
        ("page.html", "image/svg+xml", "page.html.svg"),
    ],
)
def test_the_extension_is_that_of_the_type(name: str, content_type: str, filename: str) -> None:
    assert disposition(name, content_type) == f'attachment; filename="{filename}"'


@given(st.from_regex(r"(?!\.)[A-Za-z0-9._-]{1,64}", fullmatch=True), st.sampled_from(sorted(_EXTENSIONS)))
def test_every_name_is_one_quoted_word_with_an_extension_of_its_type(name: str, content_type: str) -> None:
    found = re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+\.([A-Za-z]+)"', disposition(name, content_type))
    assert found is not None
    assert found[1].lower() in _EXTENSIONS[content_type]


def test_a_download_is_one_when_it_is_made_and_when_it_is_stored(world: World) -> None:
    world.upload("a.png", (SAMPLES / "coffee.png").read_bytes(), ContentDisposition="inline")
    world.converge("a.png")
    for _ in range(2):
        answer = world.get("/resize/download=my-cat.png,w=90,f=webp/a.png")
        assert answer["headers"]["Content-Disposition"] == 'attachment; filename="my-cat.webp"'
    stored = world.s3.head_object(Bucket=DESTINATION, Key="90x,f=webp,download=my-cat.png/a.png")
    assert stored["ContentDisposition"] == 'attachment; filename="my-cat.webp"'
    assert "Content-Disposition" not in world.get("/resize/90x,f=webp/a.png")["headers"]


@pytest.mark.parametrize(
    "name", ["", ".htaccess", "a/b", 'a"b', "a%0D%0Aset-cookie:b", "a;b", "a%20b", "%C3%A9", "a" * 65]
)
def test_other_names_are_refused(world: World, name: str) -> None:
    assert world.get(f"/resize/download={name}/a.png")["statusCode"] == (404 if name == "a/b" else 400)
