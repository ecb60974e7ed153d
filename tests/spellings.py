"""Hypothesis strategies of transforms, made of the table of options: a new option is tested without more work."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from grammar import colours, syntax
from grammar.errors import MalformedTransform
from grammar.options import BY_NAME, TABLE
from grammar.syntax import COMPASS
from grammar.transform import Transform, parse_transform

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS = "0123456789abcdefABCDEF"
_SIDES = ("top", "left", "bottom", "right", "top-left", "bottomright", "north-east", "southleft", "centre")
_LETTERS = "aZ 9,/\u00e9\u0158\u03a9\u0416\u20ac"


def texts(notation: str) -> st.SearchStrategy[str]:
    """Texts that a syntax allows, not all of them canonical."""
    return st.one_of([_alternative(alternative) for alternative in notation.split("|")])


def _alternative(alternative: str) -> st.SearchStrategy[str]:
    return st.tuples(*(_atom(atom) for atom in alternative.split(":"))).map(":".join)


def _atom(atom: str) -> st.SearchStrategy[str]:
    kinds: dict[str, Callable[[], st.SearchStrategy[str]]] = {
        "fraction": lambda: st.integers(0, 1000).map(lambda thousandths: f"{thousandths / 1000:.4f}"),
        "ratio": lambda: st.builds("{}:{}".format, st.integers(1, 9999), st.integers(1, 40)),
        "angle": lambda: st.integers(-3600, 3600).map(lambda tenths: f"{tenths / 10:.1f}"),
        "colour": lambda: (
            st.sampled_from([3, 4, 6, 8]).flatmap(lambda n: st.text(_DIGITS, min_size=n, max_size=n))
            | _in_any_case(st.sampled_from(colours.NAMES))
        ),
        "compass": lambda: _in_any_case(st.sampled_from(COMPASS) | st.sampled_from(_SIDES)),
        "name": lambda: st.from_regex(r"\A[A-Za-z0-9._-]{1,40}\Z"),
        "signature": lambda: st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z"),
        "file": lambda: st.from_regex(r"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}\Z"),
        "base64url": lambda: st.text(_LETTERS, max_size=20).map(lambda text: encode_text(text.strip() or "a")),
    }
    if atom in kinds:
        return kinds[atom]()
    if ".." in atom:
        lowest, _, highest = atom.partition("..")
        places = len(lowest.partition(".")[2])
        whole = st.integers(int(Decimal(lowest).scaleb(places)), int(Decimal(highest).scaleb(places)))
        return whole.map(lambda number: str(Decimal(number).scaleb(-places)))
    return _in_any_case(st.just(atom.partition(">")[0]))


def _in_any_case(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda word, write: write(word), words, st.sampled_from([str, str.upper, str.title]))


def words(name: str) -> list[str]:
    """The words that are allowed for an option, in their canonical spelling."""
    return [*syntax.words(BY_NAME[name].syntax)]


def encode_text(text: str) -> str:
    """Return the value of `text=` for a text."""
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def parts(*names: str) -> st.SearchStrategy[list[str]]:
    """Any of the options of these names (or of all), each at most once, in any order."""
    options = [BY_NAME[name] for name in names] if names else list(TABLE)
    return st.lists(st.sampled_from(options), unique=True, max_size=8).flatmap(
        lambda chosen: st.tuples(
            *(
                st.builds("{}={}".format, st.sampled_from([option.name, option.alias]), texts(option.syntax))
                for option in chosen
            )
        ).map(list)
    )


def _parse(spelling: str) -> Transform | None:
    try:
        return parse_transform(spelling or "dpr=1")
    except MalformedTransform:  # longer than a transform may be
        return None


def _or_nothing(transform: Transform | None) -> st.SearchStrategy[Transform]:
    return st.nothing() if transform is None else st.just(transform)


transforms = parts().map(lambda spelled: _parse(",".join(spelled))).flatmap(_or_nothing)
"""Any transform, without options that have no effect."""
