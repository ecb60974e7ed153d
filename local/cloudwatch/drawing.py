"""Computes a widget's lines: aggregated metrics, expressions over them, and limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from local.cloudwatch.metric_math import Operands, evaluate, find_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.cloudwatch.metric_math import Series
    from local.cloudwatch.metrics import Metrics, Window
    from local.cloudwatch.widgets import Line, Widget


def draw(widget: Widget, metrics: Metrics, window: Window) -> list[dict[str, Any]]:
    """Return the widget's visible lines with a value for each period of the window, then its limits.

    A line that can't be computed here keeps its place, and its label gives the reason. Where an expression uses PERIOD,
    it computes a rate, and each value is that of the widget's own period as in CloudWatch: extrapolated from the short
    periods here, a burst of ten seconds would count as the traffic of a whole day.
    """
    has_rates = any("PERIOD(" in line.expression for line in widget.lines)
    sheet = _Sheet(metrics, replace(window, span=widget.period) if has_rates else window)
    named = {line.id: line for line in widget.lines if line.id}
    lines = [sheet.draw(line, named) for line in widget.lines if line.visible]
    for limit in widget.limits:
        values = [limit.value] * window.periods
        lines.append({"label": limit.label, "right": limit.right, "limit": True, "values": values})
    return lines


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The metrics and the time range from which a widget is drawn."""

    metrics: Metrics
    window: Window

    def draw(self, line: Line, named: Mapping[str, Line]) -> dict[str, Any]:
        label = line.label
        values: Series = [None] * self.window.periods
        try:
            values = self._compute(line, named)
        except ValueError as error:
            label += f" (CloudWatch only: {error})"
        return {"label": label, "right": line.right, "limit": False, "values": values}

    def _compute(self, line: Line, named: Mapping[str, Line]) -> Series:
        """Return a line's values. Raises ValueError for an unknown statistic, function or id."""
        if line.metric is not None:
            return self.metrics.aggregate(line.metric, line.statistic, self.window)
        names = find_names(line.expression)
        others = {name: other for name, other in named.items() if name != line.id}  # against endless recursion
        series = {name: self._compute(others[name], others) for name in names & others.keys()}
        known = self.metrics.quotas
        metrics = {name: metric for name in series if (metric := others[name].metric) is not None}
        quotas = {name: known[metric] for name, metric in metrics.items() if metric in known}
        period = self.window.span or self.window.period
        return evaluate(line.expression, Operands(series, period, self.window.periods, quotas))
