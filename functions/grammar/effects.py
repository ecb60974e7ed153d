"""Which options have an effect: the conditions in the table of options, on parsed values."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .options import BY_NAME, TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .syntax import Value

    Term: TypeAlias = tuple[str, Value | None, bool]
    """The name of an option, the value that it must have (None: any), and True if it must not."""

_DESCRIBED = ("format", "version", "signature")
"""The options that count with `f=json`, which describes the original."""


def _read_term(text: str) -> Term:
    alias, equals, value = text.removeprefix("!").partition("=")
    option = BY_NAME[alias]
    return option.name, option.parse(value) if equals else None, text.startswith("!")


_CONDITIONS = {
    option.name: tuple(
        tuple(_read_term(term) for term in alternative.split("+")) for alternative in option.needs.split("/")
    )
    for option in TABLE
    if option.needs
}


def effective(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return those of the `values`, by name and other than the defaults, that have an effect together."""
    described = values.get("format") == "json"
    kept = {name: value for name, value in values.items() if not described or name in _DESCRIBED}
    for name, alternatives in _CONDITIONS.items():  # in the table's order: the next condition sees what is left
        if name in kept and not any(all(_holds(term, kept) for term in terms) for terms in alternatives):
            del kept[name]
    return kept


def _holds(term: Term, values: Mapping[str, Value]) -> bool:
    name, value, negated = term
    found = values.get(name)
    return (found is not None if value is None else found == value) != negated
