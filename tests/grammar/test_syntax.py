from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grammar.options import TABLE, Option
from grammar.syntax import COMPASS, Value, describe, parse, words, write
from spellings import texts


@pytest.mark.parametrize(
    ("syntax", "text", "value"),
    [
        ("1..100", "7", 7),
        ("-5..5", "-5", -5),
        ("0.3..50", "0.5", Decimal("0.5")),
        ("0.3..50", "2.0", Decimal(2)),
        ("1.00..4", "2.50", Decimal("2.5")),
        ("0.0..1", "-0", Decimal(0)),
        ("a|b", "b", "b"),
        ("jpeg|jpg>jpeg", "jpg", "jpeg"),
        ("true|false", "false", False),
        ("1..9:colour", "3:FFF", (3, "ffffff")),
        ("ratio", "32:18", (16, 9)),
        ("fraction", "0.50", Decimal("0.5")),
        ("fraction:fraction", "1.0:0.0000", (Decimal("1.0"), Decimal("0.0"))),
        ("0..9:0..9|fraction:fraction", "1:1", (1, 1)),
        ("name", "a.b-C_9", "a.b-C_9"),
        ("compass", "northeast", "northeast"),
        ("compass", "Top-Right", "northeast"),
        ("compass", "bottom", "south"),
        ("compass", "CENTRE", "center"),
        ("angle", "-90", Decimal(270)),
        ("angle", "-0.5", Decimal("359.5")),
        ("angle", "360", Decimal(0)),
        ("angle", "-360.0", Decimal(0)),
        ("a|b>a", "B", "a"),
        ("true|false", "True", True),
        ("colour", "Red", "ff0000"),
        ("colour", "slateGrey", "708090"),
        ("colour", "transparent", "00000000"),
        ("file", "a" * 64, "a" * 64),
        ("base64url", "SGVsbG8", "SGVsbG8"),
        ("base64url", "4pyT-_A", "4pyT-_A"),
        ("colour", "AbCf", "aabbcc"),
        ("colour", "12345678", "12345678"),
    ],
)
def test_a_text_has_a_value(syntax: str, text: str, value: Value) -> None:
    found = parse(syntax, text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("1..100", "0"),
        ("1..100", "101"),
        ("1..100", "07"),
        ("1..100", "7.0"),
        ("1..100", "+7"),
        ("1..100", "1e1"),
        ("1..100", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("1..100", "9" * 190),
        ("0.3..50", "0.25"),
        ("0.3..50", "0.2"),
        ("0.3..50", ".5"),
        ("0.3..50", "5."),
        ("a|b", "ab"),
        ("a|b", ""),
        ("jpeg|jpg>jpeg", "jpg>jpeg"),
        ("1..9:colour", "3"),
        ("1..9:colour", "3:fff:1"),
        ("fraction", "1"),
        ("fraction", "1.5"),
        ("fraction", "0.12345"),
        ("ratio", "16"),
        ("ratio", "16:0"),
        ("name", "a b"),
        ("name", "x" * 41),
        ("compass", "northnorth"),
        ("compass", "eastnorth"),
        ("compass", ""),
        ("file", ""),
        ("file", ".png"),
        ("file", "a" * 65),
        ("base64url", "SGk="),
        ("base64url", "SGl"),
        ("base64url", "S"),
        ("base64url", "SGk\n"),
        ("base64url", "SGkh" * 25 + "SA"),
        ("base64url", "\u0661\u0661"),
        ("colour", "12345"),
        ("colour", "grey gray"),
        ("colour", "gray=8"),
        ("colour", "\N{KELVIN SIGN}haki"),
        ("srgb|keep", "\N{KELVIN SIGN}eep"),
        ("angle", "360.1"),
        ("angle", "0.05"),
        ("angle", "+90"),
        ("compass", "topnorth"),
        ("compass", "north-"),
        ("compass", "left-top"),
    ],
)
def test_other_texts_have_no_value(syntax: str, text: str) -> None:
    assert parse(syntax, text) is None


@pytest.mark.parametrize(
    ("syntax", "description"),
    [
        ("1..100", "1 to 100"),
        ("0.3..50", "0.3 to 50 (up to 1 decimal)"),
        ("1.00..4", "1 to 4 (up to 2 decimals)"),
        ("a|b|c", "a, b or c"),
        ("jpeg|jpg>jpeg", "jpeg"),
        ("1..8192|max", "1 to 8192 or max"),
        ("1..9:colour", "1 to 9:a colour: 3, 4, 6 or 8 hexadecimal digits, or a name of CSS"),
        ("4..1000|fraction", "4 to 1000 or 0.0 to 1.0 (with a decimal point)"),
    ],
)
def test_a_syntax_is_described_for_people(syntax: str, description: str) -> None:
    assert describe(syntax) == description


@given(st.sampled_from(TABLE).flatmap(lambda option: st.tuples(st.just(option.syntax), texts(option.syntax))))
def test_a_written_value_is_parsed_as_the_same_value(case: tuple[str, str]) -> None:
    syntax, text = case
    value = parse(syntax, text)

    assert value is not None
    again = parse(syntax, write(value))
    assert again == value
    assert again is not None
    assert write(again) == write(value)


@given(st.sampled_from(TABLE), st.text(max_size=20))
def test_any_text_has_a_value_or_an_error_with_the_expected_form(option: Option, text: str) -> None:
    try:
        value = option.parse(text)
    except ValueError as error:
        assert str(error).startswith(f"{option.name} must be {option.values}")  # noqa: PT017 - either outcome is right
        assert parse(option.syntax, text) is None
    else:
        assert parse(option.syntax, write(value)) == value


@pytest.mark.parametrize(
    ("syntax", "expected"),
    [
        ("contain|cover", ("contain", "cover")),
        ("jpeg|jpg>jpeg", ("jpeg",)),
        ("compass|auto|0.000..1:0.000..1", (*COMPASS, "auto")),
        ("1..8192|max", ("max",)),
        ("colour", ()),
    ],
)
def test_a_syntax_has_words(syntax: str, expected: tuple[str, ...]) -> None:
    assert words(syntax) == expected
