"""The table of options, and the two places that repeat it: docs/urls.md and the edge's function.

`make golden` (GOLDEN=renew) writes both anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from grammar.options import OPTIONS, PRESET, TABLE, Option
from grammar.syntax import describe, write
from grammar.transform import Transform

ROOT = Path(__file__).parents[2]
TABLE_HEAD = "| option | values | default | what it does |\n|---|---|---|---|\n"
TABLE_SIZE = "| `300x200`, `300x`, `x200` | | the original's | A box in pixels, one side of which may be open. |\n"


def row(option: Option) -> str:
    names = f"`{option.name}`" + (f", `{option.alias}`" if option.alias != option.name else "")
    default = f"`{option.default}`" if option.default else ""
    return f"| {names} | {describe(option.syntax)} | {default} | {option.doc} |\n"


def repeats(name: str, beginning: str, end: str, table: str) -> bool:
    """Tell whether the file says this `table` between `beginning` and `end`; or write it there."""
    path = ROOT / name
    before, _, rest = path.read_text().partition(beginning)
    found, _, after = rest.partition(end)
    assert after, f"{name} has no table that begins with {beginning!r}"
    if os.environ.get("GOLDEN") == "renew":
        path.write_text(before + beginning + table + end + after)
        return True
    return found == table


def test_the_page_of_urls_has_the_table() -> None:
    table = TABLE_SIZE + "".join(row(option) for option in (*TABLE, PRESET))
    assert repeats("docs/urls.md", TABLE_HEAD, "<!-- end of generated -->", table), "`make golden` renews it"


def test_the_edge_s_function_has_the_table() -> None:
    table = ",\n".join(f"          '{option.line}'" for option in TABLE) + "\n"
    assert repeats("template.yaml", "var TABLE = [\n", "        ];\n", table), "`make golden` renews it"


def test_every_option_is_a_field_with_the_same_default() -> None:
    blank = {name: getattr(Transform(), name) for name in Transform.__slots__}

    assert {option.name: option.parse(option.default) if option.default else None for option in TABLE} == blank


@pytest.mark.parametrize("option", TABLE, ids=lambda option: option.name)
def test_a_default_is_said_in_its_canonical_spelling(option: Option) -> None:
    assert not option.default or write(option.parse(option.default)) == option.default


def test_names_and_aliases_are_told_apart() -> None:
    names = [name for option in TABLE for name in {option.name, option.alias}]

    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-z_]+", name) for name in names)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_what_an_option_needs_are_other_options(option: Option) -> None:
    terms = [term for way in option.needs.split("/") for term in way.split("+") if term]

    assert {term.removeprefix("!").partition("=")[0] for term in terms} <= {option.alias for option in TABLE}
