"""The tables of the documents: options, formats, and the parameters of the template."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from grammar.options import PRESET, TABLE, Option
from grammar.syntax import describe
from imaging.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SIZE = "| `300x200`, `300x`, `x200` | | the original's | A box in pixels; one side may be left open. |"
_LABELS = {"webp": "WebP", "jxl": "JPEG XL", "jp2": "JPEG 2000"}
_NO_BROWSER = {"f=jxl", "f=json"}


def write_options(golden: Path, document: Path) -> str:
    """Return the table of options, each with the picture of a golden that uses it, for a document of a folder."""
    pictures = find_pictures(golden)
    lines = [_write_option(option, pictures.get(option.alias), document) for option in (*TABLE, PRESET)]
    head = ["| option | values | default | what it does | example |", "|---|---|---|---|---|"]
    return _join([*head, f"{_SIZE}  |", *lines])


def find_pictures(golden: Path) -> dict[str, Path]:
    """Return for each option, by its alias, a golden that a browser shows: the one whose transform is the simplest."""
    pictures: dict[str, Path] = {}
    transforms = [folder for folder in golden.iterdir() if not _NO_BROWSER & set(folder.name.split(","))]
    for folder in sorted(transforms, key=lambda folder: (folder.name.count(","), len(folder.name), folder.name)):
        for alias in _list_aliases(folder.name):
            pictures.setdefault(alias, min(folder.iterdir()))
    return pictures


def _list_aliases(transform: str) -> list[str]:
    names = []
    for part in transform.split(","):
        size = re.fullmatch(r"(\d*)x(\d*)", part)
        names += [name for name, side in zip("wh", size.groups(), strict=True) if side] if size else [part]
    return [name.partition("=")[0] for name in names]


def _write_option(option: Option, picture: Path | None, document: Path) -> str:
    names = f"`{option.name}`" + (f", `{option.alias}`" if option.alias != option.name else "")
    default = f"`{option.default}`" if option.default else ""
    example = ""
    if picture:
        transform = picture.parent.name
        example = f"`{transform}` ![{transform}]({os.path.relpath(picture, document.parent)})"
    return f"| {names} | {describe(option.syntax)} | {default} | {option.doc} | {example} |"


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
    return "".join(f"{line}\n" for line in lines)
