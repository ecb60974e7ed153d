"""The options of a transform: one table, which the parser, the canonical spelling and the documentation are read from.

Adding an option is one entry here, a field of `Transform`, and a step of the pipeline that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Values: TypeAlias = Mapping[str, Any]
"""The options of one transform by their long names."""

MAX_SIDE = 16383
"""The longest side that may be asked for, in pixels: WebP holds no more (RFC 9649, section 2.5)."""

FITS = ("contain", "cover", "fill", "pad")
GRAVITIES = ("center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
FORMATS = ("jpeg", "png", "webp", "avif", "gif", "jxl", "auto")

_INTEGER = re.compile(r"[1-9][0-9]{0,4}")
_RATIO = re.compile(r"([1-4])(?:\.([0-9]{1,2}))?")
_COLOUR = re.compile(r"(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})")
_VERSION = re.compile(r"[A-Za-z0-9._-]{1,40}")


def _integer(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not _INTEGER.fullmatch(text) or not lowest <= int(text) <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest} is expected")
        return int(text)

    return parse


def _word(words: tuple[str, ...], spellings: Mapping[str, str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        word = spellings.get(text, text)
        if word not in words:
            raise ValueError(f"one of {', '.join(words)} is expected")
        return word

    return parse


def _ratio(text: str) -> int:
    """Return hundredths, so that all geometry stays whole numbers."""
    match = _RATIO.fullmatch(text)
    hundredths = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    if not 100 <= hundredths <= 400:  # noqa: PLR2004 - the bounds are in the message below
        raise ValueError("a number from 1 to 4 with at most two decimals is expected")
    return hundredths


def _write_ratio(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")


def _colour(text: str) -> str:
    """Return six lower-case hexadecimal digits, or eight when the colour is not opaque."""
    if not _COLOUR.fullmatch(text):
        raise ValueError("a colour of 3, 4, 6 or 8 hexadecimal digits is expected")
    digits = text.lower()
    if len(digits) <= 4:  # noqa: PLR2004 - the short notation of CSS
        digits = "".join(digit * 2 for digit in digits)
    return digits.removesuffix("ff") if len(digits) > 6 else digits  # noqa: PLR2004 - opaque has six


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise ValueError("1 to 40 letters, digits, '.', '_' or '-' are expected")
    return text


def _always(_: Values) -> bool:
    return True


def _in_a_box(values: Values) -> bool:
    return values.get("width") is not None and values.get("height") is not None


def _with_slack(values: Values) -> bool:
    return _in_a_box(values) and values.get("fit") in ("cover", "pad")


def _with_a_side(values: Values) -> bool:
    return values.get("width") is not None or values.get("height") is not None


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `parse` raises ValueError with the public reason; where `matters` says no, it is dropped."""

    name: str
    alias: str
    parse: Callable[[str], Any]
    default: Any
    doc: str
    write: Callable[[Any], str] = str
    matters: Callable[[Values], bool] = _always


SIZES = (
    Option("width", "w", _integer(1, MAX_SIDE), None, "Width of the box in pixels, 1 to 16383."),
    Option("height", "h", _integer(1, MAX_SIDE), None, "Height of the box in pixels, 1 to 16383."),
)
"""These two have a spelling of their own in the canonical form, `WxH`, and come first."""

OPTIONS = (
    Option(
        name="fit",
        alias="fit",
        parse=_word(FITS, {}),
        default="contain",
        doc="How the image goes into the box: `contain` (inside it, aspect kept, never enlarged), `cover` (fills it "
        "and crops), `fill` (stretches), `pad` (inside it, aspect kept, with bars).",
        matters=_in_a_box,
    ),
    Option(
        name="gravity",
        alias="g",
        parse=_word(GRAVITIES, {}),
        default="center",
        doc="What `cover` keeps, and where `pad` puts the image: `center` or a point of the compass, as `northeast`.",
        matters=_with_slack,
    ),
    Option(
        name="quality",
        alias="q",
        parse=_integer(1, 100),
        default=None,
        doc="1 to 100, on JPEG's scale; the deployment has the default. PNG and GIF have none.",
    ),
    Option(
        name="format",
        alias="f",
        parse=_word(FORMATS, {"jpg": "jpeg"}),
        default=None,
        doc="`jpeg`, `png`, `webp`, `avif`, `gif`, `jxl` (JPEG XL), or `auto`: the best the browser accepts."
        " Without, the original's.",
    ),
    Option(
        name="dpr",
        alias="dpr",
        parse=_ratio,
        default=100,
        doc="Device pixel ratio, 1 to 4 with at most two decimals: multiplies the box.",
        write=_write_ratio,
        matters=_with_a_side,
    ),
    Option(
        name="background",
        alias="bg",
        parse=_colour,
        default=None,
        doc="Colour behind transparent pixels and of bars: 3, 4, 6 or 8 hexadecimal digits.",
    ),
    Option(
        name="version",
        alias="v",
        parse=_version,
        default=None,
        doc="Any 1 to 40 of `A-Za-z0-9._-`: another URL for the same pixels, which browsers may keep for ever.",
    ),
)
"""In the order of the canonical form."""

BY_NAME = {name: option for option in (*SIZES, *OPTIONS) for name in (option.name, option.alias)}
