"""The text of `text=`: its encoding, its lines, and the characters that the font can draw."""

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
"""The characters that the font contains and that can be drawn one by one from left to right.

Control characters and combining marks are refused: a letter must be one code point in Unicode's normal form C.
"""


def read_text(encoded: str) -> tuple[str, ...]:
    """Return the lines of a text that is encoded as base64url.

    Raises MalformedTransform for bytes that are not UTF-8, white space at the start or end, too many lines, and a
    character that the font can't draw.
    """
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError as error:
        raise _malformed(encoded, "text must be UTF-8, encoded as base64url without padding") from error
    if text != text.strip():
        raise _malformed(encoded, "text must not start or end with white space (`echo` appends a line feed)")
    lines = tuple(text.split("\n"))
    if len(lines) > MAX_LINES:
        raise _malformed(encoded, f"text can have at most {MAX_LINES} lines")
    unknown = next((character for line in lines for character in line if not _WRITABLE.match(character)), None)
    if unknown is not None:
        reason = f"U+{ord(unknown):04X} can't be drawn, only Latin, Greek and Cyrillic text in composed form (NFC)"
        raise _malformed(encoded, reason)
    return lines


def _malformed(encoded: str, reason: str) -> MalformedTransform:
    return MalformedTransform(f"text={encoded}", reason)
