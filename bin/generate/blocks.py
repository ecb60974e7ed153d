"""The blocks of a file that are generated: found by their markers, and filled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BEGIN = "generated: "
_BLOCK = re.compile(
    r"^(?P<begin> *(?:#|//|<!--) generated: (?P<source>[\w./-]+)(?: -->)?\n)"
    r"(?P<content>(?:(?!.*\bgenerated: ).*\n)*?)"
    r"(?= *(?:#|//|<!--) end of generated)",
    re.MULTILINE,
)


def fill(text: str, write: Callable[[str, str], str]) -> str:
    """Return the text with each block's content replaced by `write(source, content)`.

    Raises ValueError for a block without an end.
    """
    filled, count = _BLOCK.subn(lambda found: found["begin"] + write(found["source"], found["content"]), text)
    begun = len(re.findall(rf"^ *(?:#|//|<!--) {BEGIN}", text, re.MULTILINE))
    if count != begun:
        raise ValueError(f"{begun - count} of {begun} generated blocks have no end")
    return filled


def indent(text: str, spaces: int) -> str:
    """Return the text with each line that is not empty indented."""
    return "".join(" " * spaces + line if line.strip() else line for line in text.splitlines(keepends=True))
