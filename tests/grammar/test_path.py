from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar.errors import MalformedTransform, OriginalNotFound
from grammar.path import parse_path, storage_key, unservable
from grammar.transform import Transform


@pytest.mark.parametrize(
    "key",
    [
        "cat.jpg",
        "photos/2020/cat.jpg",
        "a b+c%20d.png",
        "\N{HIRAGANA LETTER NE}\N{HIRAGANA LETTER KO}.webp",
        "/cat.jpg",
        "a//b",
        "photos/300x200/cat.jpg",
        "a" * 800,
        "x",
        "resized/cat.jpg",
        "a=b",
        "a,b/c=d.png",
        "Doe, Jane.jpg",
        "year=2026/a.jpg",
        "blurr=5/a.jpg",
        "300x200,fit=covr/a.jpg",
        "0x0/a.jpg",
        "preset=a,preset=b/c",
    ],
)
def test_a_path_is_a_transform_and_any_key(key: str) -> None:
    assert parse_path(f"w=300/{key}") == (Transform(width=300), key)


def test_the_storage_key_is_the_canonical_path() -> None:
    assert storage_key(*parse_path("q=80,w=300/photos/cat.jpg")) == "300x,q=80/photos/cat.jpg"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "cat.jpg",
        "photos/cat.jpg",
        "x/cat.jpg",
        "300x",
        "300x/",
        "300x/resize/cat.jpg",
        "300x/a\0b",
        "300x/a\nb",
        "300x/" + "a" * 801,
        "300x/" + "\N{HIRAGANA LETTER NE}" * 267,
        "300x/\ud800",
        "/300x/cat.jpg",
    ],
)
def test_a_path_without_transform_or_possible_key_is_not_found(path: str) -> None:
    with pytest.raises(OriginalNotFound):
        parse_path(path)


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("300/cat.jpg", "; did you mean '/300x/cat.jpg'?"),
        ("300X200/a/b.jpg", "; did you mean '/300x200/a/b.jpg'?"),
        ("300*200/a", "; did you mean '/300x200/a'?"),
        ("300\N{MULTIPLICATION SIGN}200/a", "; did you mean '/300x200/a'?"),
        ("w300/a", "; did you mean '/w=300/a'?"),
        ("thumb/a", "; did you mean '/preset=thumb/a'?"),
        ("Thumbs/a", "; did you mean '/preset=thumb/a'?"),
        ("gray/a", "; did you mean '/gray=true/a'?"),
        ("photos/a", "; presets are written as preset=NAME: hero, thumb"),
        ("99999/a", "; presets are written as preset=NAME: hero, thumb"),
        ("cat.jpg", ""),
        ("300", ""),
        ("", ""),
    ],
)
def test_a_folder_that_may_have_been_meant_as_a_transform_gets_a_hint(path: str, hint: str) -> None:
    with pytest.raises(OriginalNotFound) as caught:
        parse_path(path, {"thumb": "90x90", "hero": "1600x"})
    reason = "is not a transform (expected something like 300x200)"
    assert caught.value.detail.partition("' ")[2] == reason + hint
    assert caught.value.detail.isprintable()


def test_without_presets_none_are_named() -> None:
    with pytest.raises(OriginalNotFound, match=r"\(expected something like 300x200\)$"):
        parse_path("photos/cat.jpg")


@pytest.mark.parametrize(
    "path", ["0x0/cat.jpg", "q=/cat.jpg", "300x/200x/cat.jpg", "300x/preset=x/cat.jpg", "300x/200x"]
)
def test_a_bad_transform_or_one_of_a_derivative_is_malformed(path: str) -> None:
    with pytest.raises(MalformedTransform):
        parse_path(path)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "300x/cat.jpg",
        "q=80",
        "300x200,fit=cover/c",
        "preset=any/c",
        "300x,preset=any,q=80/c",
        "resize/a",
        "resize",
        "a" * 801,
        "a\x7fb",
        "\udfff",
        "album/",
        "a/../b",
        "./a",
    ],
)
def test_some_keys_could_never_be_served(key: str) -> None:
    assert unservable(key)


@given(st.text())
def test_a_key_is_served_or_there_is_a_reason(key: str) -> None:
    if unservable(key) is None:
        assert parse_path(f"300x/{key}") == (Transform(width=300), key)
    else:
        with pytest.raises((OriginalNotFound, MalformedTransform)):
            parse_path(f"300x/{key}")
