"""Hints for people who mistype a word, or know another word for it. Imported only to report an error."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_CHARACTERS = 20
"""Longer words are not compared, which keeps errors cheap."""

_SYNONYMS = {
    "1": "true",
    "0": "false",
    "yes": "true",
    "no": "false",
    "crop": "cover",
    "inside": "contain",
    "clip": "contain",
    "scale-down": "contain",
    "stretch": "fill",
    "squeeze": "fill",
    "force": "fill",
    "top": "north",
    "bottom": "south",
    "left": "west",
    "right": "east",
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


def suggest(word: str, known: Sequence[str]) -> str:
    """Return "; did you mean 'cover'?" for a `word` that is close to one of the `known` words, "" for others."""
    if len(word) > _MAX_CHARACTERS:
        return ""
    synonym = _SYNONYMS.get(word.lower())
    found = [synonym] if synonym in known else difflib.get_close_matches(word.lower(), known, n=1)
    return f"; did you mean '{found[0]}'?" if found else ""
