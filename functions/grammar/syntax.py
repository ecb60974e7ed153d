"""The notation in which the table of options describes values; the edge's JavaScript reads it too.

syntax      := alternative ("|" alternative)*
alternative := atom (":" atom)*         a list, separated by colons
atom        := LOWEST ".." HIGHEST      a number with at most as many decimals as LOWEST has: 1..100, 0.3..50, 1.00..4
             | "fraction"               0.0 to 1.0 with one to four decimals, always with a decimal point
             | "ratio"                  two numbers from 1 to 9999 such as 16:9; reduced to lowest terms
             | "angle"                  -360 to 360 degrees with at most one decimal; reduced to less than 360
             | "colour"                 3, 4, 6 or 8 hexadecimal digits, or a name of CSS
             | "compass"                "center", "north", "northeast" and so on, also "top", "left" and "top-left"
             | "name"                   1 to 40 letters, digits, ".", "_" or "-"
             | "signature"              1 to 64 letters, digits, "-" or "_"; a valid signature has 43
             | "file"                   as a name, of 1 to 64 characters, the first not "."
             | "base64url"              2 to 100 characters of RFC 4648, section 5, without padding; unused bits are 0
             | WORD | OTHER ">" WORD    that word, or another spelling of it

The case of words, colours and compass points makes no difference.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import gcd
from typing import TYPE_CHECKING, TypeAlias

from . import colours

if TYPE_CHECKING:
    from collections.abc import Callable

Atom: TypeAlias = int | Decimal | bool | str
Value: TypeAlias = Atom | tuple[Atom, ...]
"""A parsed value: `true` and `false` are bool, numbers without decimals int, others Decimal, a list is a tuple."""

COMPASS = ("center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_FRACTION = re.compile(r"0\.[0-9]{1,4}|1\.0{1,4}")
_RATIO = re.compile(r"([1-9][0-9]{0,3}):([1-9][0-9]{0,3})")
_COLOUR = re.compile(r"[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILE = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,64}")
_BASE64URL = re.compile(r"(?=.{2,100}\Z)(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?", re.ASCII)
_FLAGS = {"true": True, "false": False}
_SIDES = (("top", "north"), ("bottom", "south"), ("left", "west"), ("right", "east"), ("centre", "center"))


def parse(syntax: str, text: str) -> Value | None:
    """Return the value of `text`, or None if it doesn't match the syntax."""
    for alternative in syntax.split("|"):
        kind = _KINDS.get(alternative)
        value = kind(text) if kind else _list(alternative.split(":"), text.split(":"))
        if value is not None:
            return value
    return None


def write(value: Value) -> str:
    """Return the one spelling of a parsed value."""
    if isinstance(value, tuple):
        return ":".join(write(atom) for atom in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def words(syntax: str) -> tuple[str, ...]:
    """Return the words that the syntax allows as a value."""
    alternatives = [alternative for alternative in syntax.split("|") if not set(alternative) & set(">:.")]
    named = [COMPASS if alternative == "compass" else (alternative,) for alternative in alternatives]
    return tuple(word for group in named for word in group if word not in _KINDS)


def spellings(syntax: str) -> tuple[str, ...]:
    """Return the lower-case words that the syntax accepts, canonical ones first."""
    alternatives = syntax.split("|")
    others = [alternative.partition(">")[0] for alternative in alternatives if ">" in alternative]
    sides = [side for side, _ in _SIDES] * ("compass" in alternatives)
    names = colours.NAMES if "colour" in alternatives else ()
    return (*words(syntax), *others, *sides, *names)


def describe(syntax: str) -> str:
    """Describe the syntax to a person: "1 to 100 or auto"."""
    described = [_describe(alternative.split(":")) for alternative in syntax.split("|") if ">" not in alternative]
    return f"{', '.join(described[:-1])} or {described[-1]}" if len(described) > 1 else described[0]


def _describe(atoms: list[str]) -> str:
    return ":".join(_DESCRIPTIONS.get(atom) or _describe_range(atom) for atom in atoms)


def _describe_range(atom: str) -> str:
    lowest, dots, highest = atom.partition("..")
    places = _places(lowest)
    decimals = f" (up to {places} decimal{'s' * (places > 1)})" if places else ""
    return f"{_plain(lowest)} to {highest}{decimals}" if dots else atom


def _list(atoms: list[str], texts: list[str]) -> Value | None:
    if len(atoms) != len(texts):
        return None
    values = tuple(_atom(atom, text) for atom, text in zip(atoms, texts, strict=True))
    found = tuple(value for value in values if value is not None)
    if len(found) < len(values):
        return None
    return found if len(found) > 1 else found[0]


def _atom(atom: str, text: str) -> Atom | None:
    if atom in _KINDS:
        value = _KINDS[atom](text)
        return None if isinstance(value, tuple) else value
    if ".." in atom:
        return _number(atom, text)
    spelling, _, word = atom.rpartition(">")
    return _FLAGS.get(word, word) if _fold(text) == (spelling or word) else None


def _fold(text: str) -> str:
    """Return an ASCII text in lower case. Others stay, because some of their letters become ASCII ones."""
    return text.lower() if text.isascii() else text


def _number(atom: str, text: str) -> int | Decimal | None:
    lowest, _, highest = atom.partition("..")
    match = _NUMBER.fullmatch(text)
    if not match or len(match[3] or "") > _places(lowest) or not Decimal(lowest) <= Decimal(text) <= Decimal(highest):
        return None
    return Decimal(_plain(text)) if _places(lowest) else int(text)


def _places(number: str) -> int:
    return len(number.partition(".")[2])


def _plain(number: str) -> str:
    """Return a number without trailing zeros, and zero without a sign."""
    plain = number.rstrip("0").rstrip(".") if "." in number else number
    return "0" if plain == "-0" else plain


def _fraction(text: str) -> Decimal | None:
    if not _FRACTION.fullmatch(text):
        return None
    digits = text.rstrip("0")
    return Decimal(digits + "0" if digits.endswith(".") else digits)


def _ratio(text: str) -> tuple[int, int] | None:
    match = _RATIO.fullmatch(text)
    if not match:
        return None
    width, height = int(match[1]), int(match[2])
    return width // gcd(width, height), height // gcd(width, height)


def _angle(text: str) -> Decimal | None:
    """Return degrees from 0 to 359.9."""
    value = _number("-360.0..360", text)
    return None if value is None else Decimal(value + 360) % 360


def _compass(text: str) -> str | None:
    word = _fold(text)
    for side, point in _SIDES:
        word = word.replace(side, point, 1)
    word = re.sub("th-(?=[ew])", "th", word)
    return word if word in COMPASS else None


def _colour(text: str) -> str | None:
    """Return six lower-case digits, or eight when the colour is not opaque."""
    digits = colours.find(_fold(text)) or _fold(text)
    if not _COLOUR.fullmatch(digits):
        return None
    if len(digits) <= 4:  # noqa: PLR2004 - the short notation of CSS
        digits = "".join(digit * 2 for digit in digits)
    return digits.removesuffix("ff") if len(digits) > 6 else digits  # noqa: PLR2004 - opaque has six


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    """Return a parser of texts that match the pattern and are their own canonical spelling."""
    return lambda text: text if pattern.fullmatch(text) else None


_KINDS: dict[str, Callable[[str], Value | None]] = {
    "fraction": _fraction,
    "ratio": _ratio,
    "colour": _colour,
    "angle": _angle,
    "compass": _compass,
    "name": _matching(_NAME),
    "signature": _matching(_SIGNATURE),
    "file": _matching(_FILE),
    "base64url": _matching(_BASE64URL),
}
_DESCRIPTIONS = {
    "fraction": "0.0 to 1.0 (with a decimal point)",
    "ratio": "a ratio such as 16:9",
    "angle": "-360 to 360 (up to 1 decimal)",
    "colour": "a colour: 3, 4, 6 or 8 hexadecimal digits, or a name of CSS",
    "compass": ", ".join(COMPASS),
    "name": "1 to 40 letters, digits, '.', '_' or '-'",
    "signature": "43 letters, digits, '-' or '_'",
    "file": "1 to 64 letters, digits, '.', '_' or '-', not starting with '.'",
    "base64url": "2 to 100 characters of base64url without padding",
}
