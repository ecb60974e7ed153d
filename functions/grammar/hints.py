"""Hints for people who mistype a word, or know another word for it. Imported only to report an error."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from .errors import MalformedTransform, shorten
from .options import FLAGS
from .syntax import parse, spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MAX_CHARACTERS = 20
"""Longer words are not compared, which keeps errors cheap."""

_SYNONYMS = {
    "1": "true",
    "0": "false",
    "yes": "true",
    "no": "false",
    "on": "true",
    "off": "false",
    "inside": "contain",
    "clip": "contain",
    "stretch": "fill",
    "squeeze": "fill",
    "force": "fill",
    "middle": "center",
    "smart": "auto",
    "entropy": "auto",
    "attention": "auto",
    "grayscale": "gray",
    "greyscale": "gray",
    "mode": "fit",
    "resize": "fit",
    "type": "format",
    "position": "gravity",
    "rect": "crop",
    "angle": "rotate",
}
"""Words of other image services (imgix, imgproxy, Cloudflare, sharp) and of CSS for the options and values here."""

_SIZE = re.compile(r"([0-9]*)(?:[Xx*_-]|\u00d7)([0-9]*)|([0-9]+)")
_GLUED = re.compile(r"([A-Za-z_]+?)[_:-]?(-?[0-9][0-9.]*)")
_UNITS = re.compile(r"[a-z%]+$", re.IGNORECASE)


def suggest(word: str, known: Sequence[str]) -> str:
    """Return "; did you mean 'cover'?" for a `word` that is close to one of the `known` words, "" for others."""
    found = _find(word, known)
    return _ask(found) if found else ""


def suggest_value(text: str, syntax: str) -> str:
    """Return the same for a value: a known word, or what remains of the text without a unit or sign."""
    for repaired in (text.strip(" #%"), _UNITS.sub("", text), text.lstrip("0+")):
        if len(text) <= _MAX_CHARACTERS and parse(syntax, repaired) is not None:
            return _ask(repaired)
    return suggest(text, spellings(syntax))


def suggest_part(part: str, presets: Iterable[str]) -> str:
    """Return the same for a part of a transform that is neither a size nor `name=value`."""
    found = _find_part(part, presets)
    return _ask(found) if found else ""


def suggest_path(segment: str, key: str, presets: Iterable[str]) -> str:
    """Return the same for a path whose first `segment` is a folder that may have been meant as a transform."""
    found = _find_part(segment, presets) if key else None
    if found:
        return _ask(f"/{found}/{shorten(key)}")
    return f"; presets are written as preset=NAME: {', '.join(sorted(presets))}" if key and [*presets] else ""


def _find_part(part: str, presets: Iterable[str]) -> str | None:
    if len(part) > _MAX_CHARACTERS:
        return None
    size, glued = _SIZE.fullmatch(part), _GLUED.fullmatch(part)
    candidates = [f"preset={name}" for name in [_find(part, [*presets])] if name]
    if size and (size[1] or size[2] or size[3]):
        candidates.append(f"{size[1] or size[3] or ''}x{size[2] or ''}")
    if glued:
        candidates.append(f"{glued[1].lower()}={glued[2]}")
    if flag := _find(part, [*FLAGS]):
        candidates.append(f"{flag}=true")
    return next((each for each in candidates if each.startswith("preset=") or _is_valid(each)), None)


def _is_valid(part: str) -> bool:
    from .transform import parse_transform  # noqa: PLC0415 - that module imports this one, for an error only

    try:
        parse_transform(part)
    except MalformedTransform:
        return False
    return True


def _find(word: str, known: Sequence[str]) -> str | None:
    if len(word) > _MAX_CHARACTERS:
        return None
    synonym = _SYNONYMS.get(word.lower())
    close = [synonym] if synonym in known else difflib.get_close_matches(word.lower(), known, n=1)
    return close[0] if close else None


def _ask(found: str) -> str:
    return f"; did you mean '{found}'?"
