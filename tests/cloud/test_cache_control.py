"""What an owner says about caching is never exceeded, and no text of an owner's becomes a header."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cloud.cache_control import YEAR, expiry, for_answer, for_storage, read_directives, strictest

DEFAULT = f"public, max-age=3600, s-maxage={YEAR}"
FLAGS = "public|private|no-store|no-cache|must-revalidate|proxy-revalidate|no-transform|immutable"
DIRECTIVE = rf"({FLAGS}|(max-age|s-maxage)=\d{{1,8}})"


def stored(said: str, *, immutable: bool = False) -> str:
    return for_storage(read_directives(said), 3600, YEAR, immutable=immutable)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("", DEFAULT),
        ("public", DEFAULT),
        ("max-age=60", "public, max-age=60, s-maxage=60"),
        ("public, max-age=60, s-maxage=600", "public, max-age=60, s-maxage=600"),
        ("s-maxage=600", "public, max-age=3600, s-maxage=600"),
        ("max-age=0", "public, max-age=0, s-maxage=0"),
        ("private", "private, max-age=3600"),
        ("private, max-age=60, s-maxage=600", "private, max-age=60"),
        ("no-cache, max-age=60", "no-cache"),
        ("private, no-store", "private, no-store"),
        ("no-store, immutable", "no-store"),
        ("max-age=31536000, immutable", f"public, max-age={YEAR}, s-maxage={YEAR}, immutable"),
        ("max-age=60, must-revalidate, no-transform", "public, max-age=60, s-maxage=60, must-revalidate, no-transform"),
        # Spellings: case, spaces, quotes, semicolons, fields.
        ("PRIVATE;No-Store", "private, no-store"),
        (" max-age = 60 ,, ", "public, max-age=60, s-maxage=60"),
        ('max-age="60"', "public, max-age=60, s-maxage=60"),
        ('private="Set-Cookie, max-age=1"', "private, max-age=3600"),
        ('no-cache="Set-Cookie', "no-cache"),
        # The strictest of several, and what is no number.
        ("max-age=600, max-age=0, max-age=60", "public, max-age=0, s-maxage=0"),
        ("max-age=0060", "public, max-age=60, s-maxage=60"),
        ("max-age=60.9", "public, max-age=60, s-maxage=60"),
        ("max-age=-1", "public, max-age=0, s-maxage=0"),
        (f"max-age={'9' * 5000}", f"public, max-age={YEAR}, s-maxage={YEAR}"),
        ("max-age=99999999999", f"public, max-age={YEAR}, s-maxage={YEAR}"),
        ("max-age=\u0663", DEFAULT),
        ("max-age=abc", DEFAULT),
        ("max-age", DEFAULT),
        ("x-private, privately, not=private", DEFAULT),
        ("private\r\nSet-Cookie: a=b", "private, max-age=3600"),
    ],
)
def test_the_header_of_what_is_stored(said: str, written: str) -> None:
    assert stored(said) == written


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["private", "max-age=", '"', ",", "1", "\n", "no-store"])).map("".join)
)
@example("," * 100_000)
@example('="' * 50_000)
def test_no_text_becomes_anything_but_known_directives(said: str) -> None:
    directives = read_directives(said)
    assert read_directives(directives) == directives
    for header in (stored(said), for_answer(directives, 60)):
        assert re.fullmatch(f"{DIRECTIVE}(, {DIRECTIVE})*", header)
        assert len(header) < 200
        if {"private", "no-store", "no-cache"} & set(directives.split(", ")):
            assert not {"public", "s-maxage"} & set(re.split("[=, ]+", header))


LATER = "Wed, 21 Oct 2099 07:28:00 GMT"


@pytest.mark.parametrize(
    ("said", "expires", "header", "year"),
    [
        ("", LATER, "public", 2099),
        ("private", LATER, "private", 2099),
        ("s-maxage=60", LATER, "public, s-maxage=60", 2099),
        ("max-age=60", LATER, "public, max-age=60, s-maxage=60", None),
        ("no-store", LATER, "no-store", 2099),
        ("", "Thu, 01 Jan 1970 00:00:00 GMT", "public", 1970),
        ("", "Mon, 01 Jan 0001 00:00:00 GMT", "public", None),
        ("", "0", "public", 1970),
        ("", "-1", "public", 1970),
        ("", "<script>", "public", 1970),
        ("", "Wed, 21 Oct 99999 07:28:00 GMT", "public", 1970),
    ],
)
def test_an_expiry_stands_in_place_of_the_default_times(said: str, expires: str, header: str, year: int | None) -> None:
    text = read_directives(said, expires)
    assert for_storage(text, 3600, YEAR, immutable=True) == header
    found = expiry(text)
    assert year is None or (found is not None and found.year == year)


def test_an_answer_is_cached_no_longer_than_until_the_expiry() -> None:
    assert for_answer(read_directives("", LATER), 60) == "public, max-age=60"
    assert for_answer(read_directives("", "0"), 60) == "public, max-age=0"
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    assert for_answer(read_directives("private", soon), 60) in {f"private, max-age={age}" for age in (18, 19, 20)}


def test_an_expiry_and_an_age_of_two_owners_can_not_both_be_written() -> None:
    one, other = read_directives("", LATER), read_directives("max-age=60")
    assert for_storage(strictest(one, other), 3600, YEAR) == "no-cache"
    assert for_storage(strictest(one, ""), 3600, YEAR) == for_storage(one, 3600, YEAR) == "public"


def test_a_version_in_the_url_does_not_overrule_an_owner() -> None:
    assert stored("", immutable=True) == f"public, max-age={YEAR}, s-maxage={YEAR}, immutable"
    assert stored("max-age=60", immutable=True) == "public, max-age=60, s-maxage=60"
    assert stored("private", immutable=True) == f"private, max-age={YEAR}, immutable"
    assert stored("no-store", immutable=True) == "no-store"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("", "public, max-age=60"),
        ("max-age=5", "public, max-age=5"),
        ("max-age=500, immutable", "public, max-age=60"),
        ("s-maxage=5", "public, max-age=5"),
        ("private, max-age=500", "private, max-age=60"),
        ("private, no-store", "private, no-store"),
    ],
)
def test_the_header_of_an_answer_that_is_cached_shortly(said: str, written: str) -> None:
    assert for_answer(read_directives(said), 60) == written


@pytest.mark.parametrize(
    ("said", "together"),
    [
        (("", ""), ""),
        (("max-age=60", "s-maxage=500"), "max-age=60, s-maxage=60"),
        (("max-age=60", "private"), "private, max-age=60, s-maxage=60"),
        (("no-store", "max-age=0"), "no-store, max-age=0, s-maxage=0"),
        (("immutable", ""), ""),
        (("immutable", "immutable"), "immutable"),
    ],
)
def test_the_strictest_of_several_owners_counts(said: tuple[str, str], together: str) -> None:
    assert strictest(*map(read_directives, said)) == strictest(*map(read_directives, reversed(said))) == together
