"""The tables of the documents: options, formats, and the parameters of the template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grammar.options import BY_NAME, PRESET, TABLE, Option
from imaging.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SIZE = "| `300x200`, `300x`, `x200` | | the original's | Size of the box in pixels; one side may be open. |"
_LABELS = {"webp": "WebP", "jxl": "JPEG XL", "jp2": "JPEG 2000"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a page: what `transform` makes, and its file."""

    transform: str
    file: str


def write_options(page: str) -> str:
    """Return the table of options, each with the simplest picture of the page that shows its effect."""
    pictures = find_pictures(page)
    lines = [_write_option(option, pictures.get(option.alias)) for option in (*TABLE, PRESET)]
    head = ["| option | values | default | what it does | example |", "|---|---|---|---|---|"]
    return _join([*head, f"{_SIZE} |", *lines])


def find_pictures(page: str) -> dict[str, Picture]:
    """Return the pictures of a page by the options they show, which are named by alias.

    The alternative text of such a picture is the path that it is served under: ![/160x,blur=3/cat.jpg](blur.jpg).
    """
    found = (Picture(transform, file) for transform, file in re.findall(r"!\[/([^\s/\]]+)/[^\]]+\]\(([^)\s]+)\)", page))
    pictures: dict[str, Picture] = {}
    for picture in sorted(found, key=lambda picture: (picture.transform.count(","), len(picture.transform))):
        for alias in _list_aliases(picture.transform):
            pictures.setdefault(alias, picture)
    return pictures


def _list_aliases(transform: str) -> list[str]:
    names = []
    for part in transform.split(","):
        size = re.fullmatch(r"(\d*)x(\d*)", part)
        names += [name for name, side in zip("wh", size.groups(), strict=True) if side] if size else [part]
    return [BY_NAME[name.partition("=")[0]].alias for name in names]


def _write_option(option: Option, picture: Picture | None) -> str:
    names = f"`{option.name}`" + (f", `{option.alias}`" if option.alias != option.name else "")
    default = f"`{option.default}`" if option.default else ""
    example = f"`{picture.transform}` ![{option.name}]({picture.file})" if picture else ""
    return f"| {names} | {option.values} | {default} | {option.doc} | {example} |"


def write_formats() -> str:
    """Return the table of formats."""
    lines = ["| format | `format=` | read | written | transparency | animation | without `format=` it becomes |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, fmt in FORMATS.items():
        label = _LABELS.get(name, name.upper())
        flags = ("yes" if flag else "no" for flag in (fmt.written, fmt.has_alpha, fmt.animates))
        lines.append(f"| {label} | `{name}` | yes | {' | '.join(flags)} | `{fmt.instead or name}` |")
    return _join(lines)


def write_parameters(parameters: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of the template's parameters."""
    lines = ["| parameter | default | description |", "|---|---|---|"]
    for name, parameter in parameters.items():
        default = f"`{parameter['Default']}`" if parameter.get("Default", "") != "" else ""
        lines.append(f"| `{name}` | {default} | {' '.join(parameter['Description'].split())} |")
    return _join(lines)


def _join(lines: Iterable[str]) -> str:
    """Return the lines of a table, with the empty lines that Markdown needs around it."""
    return "".join(f"{line}\n" for line in ("", *lines, ""))
