"""The table of options is consistent in itself, and with the fields of a transform."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from grammar.errors import MalformedTransform
from grammar.hints import _SYNONYMS
from grammar.options import BY_NAME, OPTIONS, TABLE, Option
from grammar.syntax import spellings, words, write
from grammar.transform import Transform, parse_transform


def test_every_option_is_a_field_with_the_same_default() -> None:
    blank = {field.name: field.default for field in fields(Transform) if field.init}

    assert {option.name: option.parse(option.default) if option.default else None for option in TABLE} == blank


@pytest.mark.parametrize("option", TABLE, ids=lambda option: option.name)
def test_a_default_has_its_canonical_spelling(option: Option) -> None:
    assert not option.default or write(option.parse(option.default)) == option.default


def test_names_and_aliases_are_unambiguous() -> None:
    names = [name for option in TABLE for name in {option.name, option.alias}]

    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-z_]+", name) for name in names)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_conditions_name_other_options_and_their_values(option: Option) -> None:
    terms = [term for terms in option.needs.split("/") for term in terms.split("+") if term]
    pairs = [term.removeprefix("!").partition("=")[::2] for term in terms]

    assert {alias for alias, _ in pairs} <= {option.alias for option in TABLE}
    assert all(value in words(BY_NAME[alias].syntax) for alias, value in pairs if value)
    assert not any(BY_NAME[alias].default for alias, value in pairs if not value), "a default would count as a value"


@pytest.mark.parametrize("option", [option for option in TABLE if option.example], ids=lambda option: option.name)
def test_an_example_is_valid_and_shown_to_the_author_of_a_wrong_value(option: Option) -> None:
    assert option.parse(option.example)
    with pytest.raises(ValueError, match=f"for example {option.example}") as caught:
        option.parse("?")
    assert str(caught.value).startswith(f"{option.name} must be {option.values}")


@pytest.mark.parametrize(
    ("segment", "detail"),
    [
        ("fit=crops", "'fit=crops': fit must be contain, cover, fill, pad or upscale; did you mean 'crop'?"),
        ("fit=inside", "'fit=inside': fit must be contain, cover, fill, pad or upscale; did you mean 'contain'?"),
        ("f=WEPB", "'f=WEPB': format must be jpeg, png, webp, avif, gif, jxl, auto or json; did you mean 'webp'?"),
        ("W=300", "'W=300': unknown option; did you mean 'w'?"),
        ("w=300px", "'w=300px': width must be 1 to 16383; did you mean '300'?"),
        ("q=080", "'q=080': quality must be 1 to 100 or auto; did you mean '80'?"),
        ("300,q=80", "'300': expected a size like 300x200, or an option like q=80; did you mean '300x'?"),
        ("w_300,h_200", "'w_300': expected a size like 300x200, or an option like q=80; did you mean 'w=300'?"),
        ("3x,grey", "'grey': expected a size like 300x200, or an option like q=80; did you mean 'gray=true'?"),
        ("3x,photos", "'photos': expected a size like 300x200, or an option like q=80"),
        ("f=tiff", "'f=tiff': format must be jpeg, png, webp, avif, gif, jxl, auto or json"),
        ("gray=1", "'gray=1': gray must be true or false; did you mean 'true'?"),
        ("blurr=3", "'blurr=3': unknown option; did you mean 'blur'?"),
        ("xyz=3", "'xyz=3': unknown option"),
        ("300x200,w=3", "'w=3': width is given twice"),
        (
            "300X200",
            "'300X200': expected a size like 300x200, or an option like q=80; did you mean '300x200'?",
        ),
        (
            "crop=1:2:3",
            "'crop=1:2:3': crop must be left:top:width:height, in pixels or in fractions, for example 0.1:0.1:0.5:0.5",
        ),
    ],
)
def test_an_error_helps_to_write_it_right(segment: str, detail: str) -> None:
    with pytest.raises(MalformedTransform) as caught:
        parse_transform(segment)
    assert caught.value.detail == detail


def test_a_synonym_is_another_word_for_an_option_or_a_value() -> None:
    known = {*BY_NAME, *(word for option in TABLE for word in words(option.syntax))}

    assert set(_SYNONYMS.values()) <= known
    assert not any(word in spellings(option.syntax) for option in TABLE for word in _SYNONYMS if word not in BY_NAME)


def test_a_suggested_colour_is_one() -> None:
    for text, suggestion in [("bg=redd", "red"), ("bg=#FFF", "FFF"), ("bg=darkgrey1", "darkgrey")]:
        with pytest.raises(MalformedTransform, match=f"did you mean '{suggestion}'") as caught:
            parse_transform(text)
        assert caught.value.part == text
        assert parse_transform(f"bg={suggestion}")
