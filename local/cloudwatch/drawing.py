"""A widget's lines as numbers: metrics aggregated, expressions evaluated over them, limits as lines of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cloudwatch.metric_math import Operands, evaluate, find_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.cloudwatch.metric_math import Series
    from local.cloudwatch.metrics import Metrics, Window
    from local.cloudwatch.widgets import Line, Widget


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a widget is drawn from: metrics in a stretch of time."""

    metrics: Metrics
    window: Window

    def draw(self, widget: Widget) -> list[dict[str, Any]]:
        """Return the widget's visible lines with a value for each period, then its limits.

        A line that can't be computed here keeps its place, and its label says why.
        """
        named = {line.id: line for line in widget.lines if line.id}
        lines = [self._draw(line, named) for line in widget.lines if line.visible]
        for limit in widget.limits:
            values = [limit.value] * self.window.periods
            lines.append({"label": limit.label, "right": limit.right, "limit": True, "values": values})
        return lines

    def _draw(self, line: Line, named: Mapping[str, Line]) -> dict[str, Any]:
        label, values = line.label, self._nothing()
        try:
            values = self._compute(line, named)
        except ValueError as error:
            label += f" (CloudWatch only: {error})"
        return {"label": label, "right": line.right, "limit": False, "values": values}

    def _nothing(self) -> Series:
        return [None] * self.window.periods

    def _compute(self, line: Line, named: Mapping[str, Line]) -> Series:
        """Return a line's values. Raises ValueError for a statistic, function or id that is not known here."""
        if line.metric is not None:
            return self.metrics.aggregate(line.metric, line.statistic, self.window)
        names = find_names(line.expression)
        others = {name: other for name, other in named.items() if name != line.id}  # so that no circle goes on for ever
        series = {name: self._compute(others[name], others) for name in names & others.keys()}
        known = self.metrics.quotas
        metrics = {name: metric for name in series if (metric := others[name].metric) is not None}
        quotas = {name: known[metric] for name, metric in metrics.items() if metric in known}
        return evaluate(line.expression, Operands(series, self.window.period, self.window.periods, quotas))
