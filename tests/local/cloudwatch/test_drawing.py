"""Widgets as numbers."""

from __future__ import annotations

from typing import Any

from local.cloudwatch import drawing
from local.cloudwatch.metrics import Metric, Metrics, Window
from local.cloudwatch.widgets import Limit, Line, Widget

METRIC = Metric("N", "A", frozenset())
A = Line("A", METRIC, "Sum", id="a", visible=False)


def draw(*lines: Line, limits: tuple[Limit, ...] = (), quota: float = 0) -> list[dict[str, Any]]:
    metrics = Metrics()
    metrics.add(METRIC, 5, 3)
    metrics.add(METRIC, 25, 4)
    if quota:
        metrics.quotas[METRIC] = quota
    return drawing.draw(Widget("T", 0, 0, 12, 6, lines, limits, period=20), metrics, Window(0, 10, 3))


def test_an_invisible_line_is_an_operand_only() -> None:
    (line,) = draw(A, Line("twice", None, "Sum", expression="a * 2"))
    assert line == {"label": "twice", "right": False, "limit": False, "values": [6, None, 8]}


def test_an_expression_may_use_another_one_wherever_it_stands() -> None:
    lines = draw(Line("b", None, "", expression="a + 1", id="b"), Line("c", None, "", expression="b * b"), A)
    assert [line["values"] for line in lines] == [[4, None, 5], [16, None, 25]]


def test_circular_expressions_end() -> None:
    lines = draw(Line("b", None, "", expression="c", id="b"), Line("c", None, "", expression="b", id="c"))
    assert all("CloudWatch only" in line["label"] for line in lines)


def test_a_quota_is_that_of_the_metric() -> None:
    (line,) = draw(A, Line("most", None, "", expression="SERVICE_QUOTA(a)"), quota=8)
    assert line["values"] == [8, 8, 8]


def test_limits_are_lines_after_the_others() -> None:
    _, limit = draw(Line("A", METRIC, "Sum"), limits=(Limit("budget", 500, right=True),))
    assert limit == {"label": "budget", "right": True, "limit": True, "values": [500, 500, 500]}


def test_a_rate_is_that_of_the_widgets_own_period() -> None:
    lines = draw(A, Line("a day", None, "", expression="FILL(a, 0) * 86400 / PERIOD(a)"), Line("A", METRIC, "Sum"))
    assert [line["values"] for line in lines] == [[3 * 4320, 3 * 4320, 4 * 4320], [3, 3, 4]]
