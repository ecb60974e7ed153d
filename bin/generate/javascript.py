"""The JavaScript of functions/edge: the table of options in it, and its minified form."""

from __future__ import annotations

import re
import subprocess
import textwrap
from typing import TYPE_CHECKING

from grammar import colours
from grammar.options import TABLE

if TYPE_CHECKING:
    from pathlib import Path

TERSER = (
    *("--ecma", "5", "--toplevel"),
    # not inlined: a function would be created at each call
    *("--compress", "passes=3,inline=false,reduce_funcs=false,top_retain=handler"),
    *("--mangle", "reserved=[handler]"),
    *("--format", "ascii_only=true,max_line_len=110"),
)
"""`handler` is the name that CloudFront calls; the lines fit into template.yaml."""

_PLACEHOLDER = re.compile(r"'\$\{(\w+)\}'")


def write_options() -> str:
    """Return the table of options as the edge's function reads it."""
    return ",\n".join(f"  '{option.line}'" for option in TABLE) + "\n"


def write_colours() -> str:
    """Return the names of colours as the edge's function reads them: each after a digit and before its own digits."""
    pairs = re.findall(r"(\w+)=(\w+)", colours.LIST)
    lines = textwrap.wrap("".join(["0", *(name + digits.upper() for name, digits in pairs)]), 110)
    return " +\n".join(f"  '{line}'" for line in lines) + "\n"


def minify(code: str, tools: Path) -> str:
    """Return the code as it is deployed; `tools` is the environment of requirements/javascript.

    The placeholders of Fn::Sub become variables meanwhile, because a minifier computes with the text of a string.
    """
    terser = [tools / "bin/node", tools / "npm/node_modules/terser/bin/terser"]
    source = _PLACEHOLDER.sub(r"__\1__", code)
    command = [str(part) for part in (*terser, *TERSER)]
    done = subprocess.run(command, input=source, stdout=subprocess.PIPE, text=True, check=True)
    return re.sub(r"\b__([A-Za-z]+)__\b", r"'${\1}'", done.stdout).rstrip("\n") + "\n"
