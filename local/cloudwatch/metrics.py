"""CloudWatch's metrics in memory: data points by name and dimensions, and statistics of them.

Functions print them in CloudWatch's embedded metric format (EMF):
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

KEPT: Final = 20_000
"""Maximum data points of a metric; the oldest are dropped."""
_PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d{1,2})?|100)")
_SIMPLE: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}


@dataclass(frozen=True, slots=True)
class Metric:
    """The identity of a metric; the order of dimensions does not matter."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Window:
    """A time range in periods of equal length. `start` is in seconds since 1970, `period` in seconds.

    Each value is computed from the `span` seconds before the end of its period: from the period alone by default.
    """

    start: float
    period: float
    periods: int
    span: float = 0.0


class Metrics:
    """All data points, in memory."""

    def __init__(self) -> None:
        """Start with none."""
        self.quotas: dict[Metric, float] = {}
        """The account's limits by metric, for SERVICE_QUOTA."""
        self._points: defaultdict[Metric, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=KEPT))

    def add(self, metric: Metric, time: float, value: float) -> None:
        """Store a data point."""
        self._points[metric].append((time, value))

    def read_line(self, line: str) -> None:
        """Store the data points of a function's line in EMF; ignore other lines."""
        for metric, time, value in _parse(line):
            self.add(metric, time, value)

    @property
    def first(self) -> float | None:
        """The time of the oldest data point."""
        return min((points[0][0] for points in self._points.values() if points), default=None)

    def aggregate(self, metric: Metric, statistic: str, window: Window) -> list[float | None]:
        """Return a value for each period; None means no data. Raises ValueError for an unknown statistic."""
        compute = _find_statistic(statistic)
        points = sorted(self._points.get(metric, ()))
        times = [time for time, _ in points]
        values: list[float | None] = []
        for number in range(1, window.periods + 1):
            end = window.start + window.period * number
            found = points[bisect_left(times, end - (window.span or window.period)) : bisect_left(times, end)]
            values.append(compute([value for _, value in found]) if found else None)
        return values


def _find_statistic(name: str) -> Callable[[Sequence[float]], float]:
    if name in _SIMPLE:
        return _SIMPLE[name]
    match = _PERCENTILE.fullmatch(name)
    if not match:
        raise ValueError(f"unknown statistic {name}")
    share = float(match[1]) / 100
    return lambda values: sorted(values)[min(int(share * len(values)), len(values) - 1)]


def _parse(line: str) -> Iterator[tuple[Metric, float, float]]:
    """Yield the data points of a line; a malformed line has none, as in CloudWatch."""
    if '"_aws"' not in line:
        return
    try:
        record = json.loads(line)
        time = float(record["_aws"]["Timestamp"]) / 1000
        points = [
            (Metric(directive["Namespace"], definition["Name"], _read_dimensions(names, record)), time, float(value))
            for directive in record["_aws"]["CloudWatchMetrics"]
            for names in directive["Dimensions"]
            for definition in directive["Metrics"]
            for value in _as_list(record[definition["Name"]])
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    yield from points


def _read_dimensions(names: Sequence[str], record: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((name, str(record[name])) for name in names)


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    return value if isinstance(value, list) else [value]
