"""The table of options is consistent in itself, and with the fields of a transform."""

from __future__ import annotations

import re

import pytest

from grammar.options import OPTIONS, TABLE, Option
from grammar.syntax import write
from grammar.transform import Transform


def test_every_option_is_a_field_with_the_same_default() -> None:
    blank = {name: getattr(Transform(), name) for name in Transform.__slots__}

    assert {option.name: option.parse(option.default) if option.default else None for option in TABLE} == blank


@pytest.mark.parametrize("option", TABLE, ids=lambda option: option.name)
def test_a_default_is_said_in_its_canonical_spelling(option: Option) -> None:
    assert not option.default or write(option.parse(option.default)) == option.default


def test_names_and_aliases_are_told_apart() -> None:
    names = [name for option in TABLE for name in {option.name, option.alias}]

    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-z_]+", name) for name in names)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_what_an_option_needs_are_other_options(option: Option) -> None:
    terms = [term for way in option.needs.split("/") for term in way.split("+") if term]

    assert {term.removeprefix("!").partition("=")[0] for term in terms} <= {option.alias for option in TABLE}
