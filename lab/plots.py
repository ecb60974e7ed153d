"""Plots as small SVG files that are equal, byte for byte, when their data are."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from pathlib import Path

STYLE = {"svg.hashsalt": "plots", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}
"""Text stays text: letters drawn as paths are most of a file."""


def save(figure: Any, path: str | Path) -> None:  # noqa: ANN401 - matplotlib is not type-checked
    """Write the figure, with coordinates to a tenth of a point and one line for each element."""
    text = StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", text.getvalue())
    svg = re.sub(r"\s+(?=[MLQCz][ \d-]|z\s)|\s*\n+(?=/?>|\")", " ", svg)
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - a path as text or as a Path
        file.write(re.sub(r">\n +<", ">\n<", svg))
