from __future__ import annotations

import base64
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar.errors import MalformedTransform
from grammar.path import parse_path
from grammar.text import _WRITABLE, MAX_LINES, read_text
from spellings import encode_text

WRITABLE = "".join(filter(_WRITABLE.match, map(chr, range(0x11000))))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("© 2026", ("© 2026",)),
        ("a/b, c=d", ("a/b, c=d",)),
        ("Ελληνικά\nЖЩЮ", ("Ελληνικά", "ЖЩЮ")),
        ("Zażółć gęślą jaźń", ("Zażółć gęślą jaźń",)),
        ("Tiếng Việt… 5 €", ("Tiếng Việt… 5 €",)),
        ("a\n\nb\nc", ("a", "", "b", "c")),
    ],
)
def test_a_text_has_lines(text: str, lines: tuple[str, ...]) -> None:
    assert read_text(encode_text(text)) == lines


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe", "must be UTF-8"),
        (b"\xed\xa0\x80", "must be UTF-8"),
        (b"\xc0\xaf", "must be UTF-8"),
        (b"caf\xc3", "must be UTF-8"),
        (b"hello\n", "must not start or end"),
        (b" ", "must not start or end"),
        ("\xa0a".encode(), "must not start or end"),
        (b"a\nb\nc\nd\ne", "at most 4 lines"),
        (b"a\tb", "U\\+0009"),
        (b"a\rb", "U\\+000D"),
        (b"a\x00b", "U\\+0000"),
        (b"a\x7fb", "U\\+007F"),
        ("a\u202eb".encode(), "U\\+202E"),
        ("a\u2066b".encode(), "U\\+2066"),
        ("a\u200bb".encode(), "U\\+200B"),
        ("a\xadb".encode(), "U\\+00AD"),
        ("e\u0301".encode(), "U\\+0301 .* composed form \\(NFC\\)"),
        ("\u2126".encode(), "U\\+2126"),
        ("شكرا".encode(), "U\\+0634"),
        ("שלום".encode(), "U\\+05E9"),
        ("हिन्दी".encode(), "U\\+0939"),
        ("漢字".encode(), "U\\+6F22"),
        ("\U0001f600".encode(), "U\\+1F600"),
        ("\ufeffa".encode(), "U\\+FEFF"),
    ],
)
def test_a_text_that_can_t_be_drawn_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    encoded = base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    with pytest.raises(MalformedTransform, match=reason) as caught:
        read_text(encoded)
    assert caught.value.part.startswith("text=")


@given(st.binary(min_size=1, max_size=75))
def test_any_bytes_are_a_text_or_malformed(data: bytes) -> None:
    encoded = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    try:
        lines = read_text(encoded)
    except MalformedTransform as error:
        assert error.detail.isprintable()  # noqa: PT017 - either outcome is right
    else:
        assert "\n".join(lines).encode() == data
        assert 1 <= len(lines) <= MAX_LINES


def test_it_is_refused_before_anything_is_read() -> None:
    with pytest.raises(MalformedTransform, match="U\\+0634"):
        parse_path(f"300x,text={encode_text('شكرا')}/cat.jpg")


def test_the_characters_that_can_be_drawn_need_no_shaping() -> None:
    assert {unicodedata.bidirectional(letter) for letter in WRITABLE} <= {"L", "EN", "ES", "ET", "CS", "WS", "ON"}
    assert not any(map(unicodedata.combining, WRITABLE))
    assert {unicodedata.category(letter)[0] for letter in WRITABLE} == {*"LNPSZ"}
    assert unicodedata.normalize("NFC", WRITABLE) == WRITABLE
    assert not re.search(r"[\r\v\f\x1c-\x1e\x85\u2028\u2029]", WRITABLE)
