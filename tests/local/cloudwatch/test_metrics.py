"""Metrics in memory, and EMF lines that functions print."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.cloudwatch.metrics import KEPT, Metric, Metrics, Window

METRIC = Metric("Images", "FetchTime", frozenset({("service", "resize")}))
WINDOW = Window(start=100, period=10, periods=3)


def emf(**changes: Any) -> str:
    directive = {"Namespace": "Images", "Dimensions": [["service"]], "Metrics": [{"Name": "FetchTime"}]}
    record = {
        "_aws": {"Timestamp": 105_000, "CloudWatchMetrics": [directive]},
        "service": "resize",
        "FetchTime": [12.5, 14],
    }
    return json.dumps(record | changes)


def test_each_value_of_an_emf_line_is_stored() -> None:
    metrics = Metrics()
    metrics.read_line(emf())
    assert metrics.aggregate(METRIC, "SampleCount", WINDOW) == [2, None, None]
    assert metrics.aggregate(METRIC, "Sum", WINDOW) == [26.5, None, None]


def test_a_value_counts_for_each_set_of_dimensions() -> None:
    metrics = Metrics()
    directive = {"Namespace": "Images", "Dimensions": [["service"], []], "Metrics": [{"Name": "FetchTime"}]}
    metrics.read_line(emf(_aws={"Timestamp": 105_000, "CloudWatchMetrics": [directive]}))
    everywhere = Metric("Images", "FetchTime", frozenset())
    assert metrics.aggregate(everywhere, "Sum", WINDOW) == metrics.aggregate(METRIC, "Sum", WINDOW)


@pytest.mark.parametrize(
    "line",
    [
        "no JSON, but _aws",
        '{"_aws": ',
        '{"_aws": 5}',
        '["_aws"]',
        emf(service=None).replace('"service": null, ', ""),
        emf(FetchTime="many"),
        emf(_aws={"Timestamp": "soon", "CloudWatchMetrics": []}),
        emf(_aws={"CloudWatchMetrics": []}),
    ],
)
def test_lines_that_are_not_emf_are_ignored(line: str) -> None:
    metrics = Metrics()
    metrics.read_line(line)
    assert metrics.aggregate(METRIC, "SampleCount", WINDOW) == [None, None, None]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Sum", 110), ("Average", 11), ("Minimum", 2), ("Maximum", 20), ("SampleCount", 10), ("p50", 12), ("p95", 20)],
)
def test_a_period_has_the_statistics_of_its_own_values(statistic: str, value: float) -> None:
    metrics = Metrics()
    for number in range(1, 11):
        metrics.add(METRIC, 110 + number * 0.9, number * 2)
    metrics.add(METRIC, 120, 99)
    assert metrics.aggregate(METRIC, statistic, WINDOW) == [None, value, 99 if statistic != "SampleCount" else 1]


def test_points_outside_the_window_are_ignored() -> None:
    metrics = Metrics()
    for time in (99.9, 100, 129.9, 130):
        metrics.add(METRIC, time, 1)
    assert metrics.aggregate(METRIC, "Sum", WINDOW) == [1, None, 1]


def test_an_unknown_statistic_is_refused() -> None:
    with pytest.raises(ValueError, match="tm90"):
        Metrics().aggregate(METRIC, "tm90", WINDOW)


def test_old_points_are_dropped() -> None:
    metrics = Metrics()
    for number in range(KEPT + 5):
        metrics.add(METRIC, 105, number)
    assert metrics.aggregate(METRIC, "Minimum", WINDOW)[0] == 5


def test_a_value_may_be_computed_from_more_than_its_period() -> None:
    metrics = Metrics()
    for time, value in ((131.0, 8), (95.0, 1), (105.0, 2), (119.0, 4)):  # functions' lines may arrive late
        metrics.add(METRIC, time, value)
    assert metrics.aggregate(METRIC, "Sum", WINDOW) == [2, 4, None]
    assert metrics.aggregate(METRIC, "Sum", Window(start=100, period=10, periods=4, span=20)) == [3, 6, 4, 8]
