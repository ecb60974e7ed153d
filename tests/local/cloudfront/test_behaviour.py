from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cloudfront.behaviour import Origin, Selection, choose, compile_pattern, normalize, same_path
from local.cloudfront.distribution import read_behaviours


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/resize/*", "/resize/1x1/a.png", True),
        ("resize/*", "/resize/", True),
        ("/resize/*", "/resize", False),
        ("/resize/*", "/Resize/a", False),
        ("*.jpg", "/a/b.jpg", True),
        ("*.jpg", "/a/b.jpg2", False),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/a.c", "/abc", False),
        ("/a*", "/a\nb", True),
    ],
)
def test_a_pattern_has_two_wildcards_and_no_other_special_characters(pattern: str, path: str, *, matches: bool) -> None:
    assert bool(compile_pattern(pattern).fullmatch(path)) is matches


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/a/../b/./c", "/b/c"),
        ("/../../a", "/a"),
        ("/a/..", "/"),
        ("/a/b/.", "/a/b/"),
        ("/%61%2f%2E%2e%2Fb", "/a%2F..%2Fb"),
        ("/%2e%2e/resize/", "/resize/"),
        ("//a", "//a"),
        ("/a.b/...", "/a.b/..."),
        ("/100%", "/100%"),
    ],
)
def test_paths_are_compared_in_their_normal_form(path: str, normal: str) -> None:
    assert normalize(path) == normal


@given(st.text(alphabet="/.%2Eea", max_size=20))
def test_a_normal_form_is_its_own_normal_form_and_stays_below_the_root(rest: str) -> None:
    once = normalize("/" + rest.replace("%", "%2"))
    assert once.startswith("/")
    assert "/../" not in f"{once}/"
    assert normalize(once) == once


def test_two_spellings_of_a_path_are_the_same() -> None:
    assert same_path("/caf%c3%a9%2B") == same_path("/café+")
    assert same_path("/%zz") == b"/%zz"


def test_the_kind_of_an_origin_is_read_from_its_host_name() -> None:
    def kind(name: str) -> str:
        return Origin(name, "", (), 1, 1).kind

    assert kind("b.s3-website-eu-west-1.amazonaws.com") == "website"
    assert kind("b.s3-website.eu-central-1.amazonaws.com") == "website"
    assert kind("x1.execute-api.us-east-1.amazonaws.com") == "api"
    assert kind("b.s3.eu-central-1.amazonaws.com") == "bucket"
    assert kind("images.example.com") == "other"


def test_a_selection_lists_names_or_exceptions() -> None:
    names = ["a", "b"]
    assert [name in Selection.of("whitelist", names) for name in "abc"] == [True, True, False]
    assert [name in Selection.of("allExcept", names) for name in "abc"] == [False, False, True]
    assert "a" in Selection.of("all", [])
    assert "a" not in Selection.of(None, names)
    with pytest.raises(ValueError, match="some"):
        Selection.of("some", [])


def test_the_default_behaviour_matches_everything_else(distribution: Any) -> None:
    behaviours = read_behaviours(distribution())
    assert choose(behaviours, "/resize/a").origin.kind == "api"
    assert choose(behaviours, "/").origin.kind == "website"
