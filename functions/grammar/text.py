"""What `text=` says, and what can be written: no pixels here, only letters."""

from __future__ import annotations

import base64
import re

from .errors import MalformedTransform

MAX_LINES = 4

_WRITABLE = re.compile(
    "["
    " -~\u00a0-\u00ac\u00ae-\u017f\u0192\u01a0\u01a1\u01af\u01b0\u01fa-\u01ff\u0218-\u021b"  # Latin
    "\u1e80-\u1e85\u1ea0-\u1ef9"
    "\u0384-\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce"  # Greek
    "\u0400-\u0482\u048a-\u0513"  # Cyrillic
    "\u2013-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u20a3\u20a4\u20a7\u20ab\u20ac"
    "\u2116\u2122\u215b-\u215e\u2212\u221e\u2248\u2260\u2264\u2265"
    "]"
)
"""What the font has, and can be written letter by letter from left to right.

No controls, and no marks that combine: what has no letter of its own in Unicode's normal form C is refused.
"""


def read_text(encoded: str) -> tuple[str, ...]:
    """Return the lines of a text that is given as base64url.

    Raises MalformedTransform for what is no UTF-8, begins or ends with a blank, has too many lines, or a character that
    can't be written.
    """
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError as error:
        raise _malformed(encoded, "that is no UTF-8 in base64url") from error
    if text != text.strip():
        raise _malformed(encoded, "a text neither begins nor ends with a blank or a line feed, as `echo` adds one")
    lines = tuple(text.split("\n"))
    if len(lines) > MAX_LINES:
        raise _malformed(encoded, f"a text has at most {MAX_LINES} lines")
    unknown = next((character for line in lines for character in line if not _WRITABLE.match(character)), None)
    if unknown is not None:
        reason = f"U+{ord(unknown):04X} can't be written; Latin, Greek and Cyrillic letters can, composed (NFC)"
        raise _malformed(encoded, reason)
    return lines


def _malformed(encoded: str, reason: str) -> MalformedTransform:
    return MalformedTransform(f"text={encoded}", reason)
