"""Parses the widgets of a CloudWatch dashboard's body, and expands its shorthand.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from local.cloudwatch.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a widget: a metric, or an expression (metric math) over the lines with an `id`."""

    label: str
    metric: Metric | None
    statistic: str
    right: bool = False
    """Whether it belongs to the right axis."""
    expression: str = ""
    id: str = ""
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """A horizontal annotation: a line at a value."""

    label: str
    value: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Widget:
    """A widget; its position is in rows and columns (of 24). `view` is timeSeries or singleValue."""

    title: str
    x: int
    y: int
    width: int
    height: int
    lines: tuple[Line, ...]
    limits: tuple[Limit, ...] = ()
    view: str = "timeSeries"
    period: float = 300.0
    """Seconds that CloudWatch aggregates into one value."""
    text: str = ""
    """Markdown of a text widget, which has no lines."""


def read_widgets(body: str) -> tuple[Widget, ...]:
    """Return the metric and text widgets of a dashboard's body. Raises ValueError for a malformed body."""
    try:
        return tuple(
            _read_widget(widget) for widget in json.loads(body)["widgets"] if widget["type"] in ("metric", "text")
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not a dashboard's body: {error!r}") from error


def _read_widget(widget: Mapping[str, Any]) -> Widget:
    properties = widget["properties"]
    return Widget(
        title=str(properties.get("title", "")),
        x=int(widget.get("x", 0)),
        y=int(widget.get("y", 0)),
        width=int(widget.get("width", 6)),
        height=int(widget.get("height", 6)),
        lines=_disambiguate(tuple(_read_lines(properties))),
        limits=tuple(_read_limits(properties)),
        view=str(properties.get("view", "timeSeries")),
        period=float(properties.get("period", 300)),
        text=str(properties.get("markdown", "")),
    )


def _read_lines(properties: Mapping[str, Any]) -> Iterator[Line]:
    before: list[str] = []
    for row in properties.get("metrics", []):
        options = row[-1] if isinstance(row[-1], dict) else {}
        names = _expand_row([part for part in row if isinstance(part, str)], before)
        yield _read_line(names, options, str(properties.get("stat", "Average")))
        before = names or before


def _read_limits(properties: Mapping[str, Any]) -> Iterator[Limit]:
    for limit in properties.get("annotations", {}).get("horizontal", []):
        if limit.get("visible", True):
            yield Limit(str(limit.get("label", "")), float(limit["value"]), limit.get("yAxis") == "right")


def _disambiguate(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Append the values of dimensions to equal labels, as CloudWatch does."""
    labels = Counter(line.label for line in lines if line.visible)
    return tuple(
        replace(line, label=" ".join([line.label, *sorted(value for _, value in line.metric.dimensions)]))
        if line.metric is not None and line.visible and labels[line.label] > 1
        else line
        for line in lines
    )


def _read_line(names: list[str], options: Mapping[str, Any], statistic: str) -> Line:
    metric = None
    if names:
        namespace, name, *pairs = names
        metric = Metric(namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))
    return Line(
        label=str(options.get("label") or (metric.name if metric else options["expression"])),
        metric=metric,
        statistic=str(options.get("stat", statistic)),
        right=options.get("yAxis") == "right",
        expression="" if metric else str(options["expression"]),
        id=str(options.get("id", "")),
        visible=bool(options.get("visible", True)),
    )


def _expand_row(parts: list[str], before: list[str]) -> list[str]:
    """Replace "." by the same part of the previous row, and "..." by all of its parts up to the ones that follow."""
    if "..." in parts:
        place = parts.index("...")
        behind = parts[place + 1 :]
        parts = [*parts[:place], *before[place : len(before) - len(behind)], *behind]
    return [before[number] if part == "." else part for number, part in enumerate(parts)]
