"""A dashboard's body, with its shorthand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.cloudwatch.metrics import Metric
from local.cloudwatch.widgets import Limit, read_widgets


def body(metrics: list[Any], **properties: Any) -> str:
    widget = {"type": "metric", "properties": {"title": "T", "metrics": metrics} | properties}
    return json.dumps({"widgets": [widget]})


def metric(namespace: str, name: str, **dimensions: str) -> Metric:
    return Metric(namespace, name, frozenset(dimensions.items()))


def test_a_dot_repeats_the_part_of_the_previous_row() -> None:
    rows = [["N", "A", "D", "x", "E", "y"], [".", "B", ".", ".", "E", "z"], [".", "C", ".", "w"]]
    (widget,) = read_widgets(body(rows))
    assert [line.metric for line in widget.lines] == [
        metric("N", "A", D="x", E="y"),
        metric("N", "B", D="x", E="z"),
        metric("N", "C", D="w"),
    ]


def test_three_dots_repeat_the_needed_parts_of_the_previous_row() -> None:
    (widget,) = read_widgets(body([["N", "A", "D", "x"], ["...", "y"], ["..."]]))
    assert [line.metric for line in widget.lines] == [
        metric("N", "A", D="x"),
        metric("N", "A", D="y"),
        metric("N", "A", D="y"),
    ]


def test_a_line_may_have_its_own_statistic_axis_and_label() -> None:
    rows = [["N", "A"], [".", "B", {"stat": "p95", "yAxis": "right", "label": "slow"}]]
    (widget,) = read_widgets(body(rows, stat="Sum"))
    first, second = widget.lines
    assert (first.statistic, first.right, first.label) == ("Sum", False, "A")
    assert (second.statistic, second.right, second.label) == ("p95", True, "slow")


def test_equal_labels_are_distinguished_by_dimensions() -> None:
    (widget,) = read_widgets(body([["N", "A", "Queue", "x"], ["...", "y"], [".", "B", ".", "."]]))
    assert [line.label for line in widget.lines] == ["A x", "A y", "B"]


def test_an_expression_is_a_line_of_its_own_and_may_name_invisible_ones() -> None:
    rows = [["N", "A", {"id": "a", "visible": False}], [{"expression": "a / 2", "label": "half"}], [".", "B"]]
    (widget,) = read_widgets(body(rows))
    assert [(line.id, line.label, line.metric, line.expression, line.visible) for line in widget.lines] == [
        ("a", "A", metric("N", "A"), "", False),
        ("", "half", None, "a / 2", True),
        ("", "B", metric("N", "B"), "", True),
    ]


def test_an_invisible_line_does_not_make_others_of_its_name_longer() -> None:
    rows = [["N", "A", "D", "x", {"visible": False}], ["...", "y"]]
    (widget,) = read_widgets(body(rows))
    assert [line.label for line in widget.lines if line.visible] == ["A"]


def test_annotations_are_limits() -> None:
    shown = [{"label": "most", "value": 5}, {"label": "budget", "value": 7.5, "yAxis": "right"}]
    hidden = {"label": "none", "value": 0, "visible": False}
    (widget,) = read_widgets(body([["N", "A"]], annotations={"horizontal": [*shown, hidden]}))
    assert widget.limits == (Limit("most", 5.0), Limit("budget", 7.5, right=True))


def test_a_widget_may_show_single_values() -> None:
    assert [read_widgets(body([["N", "A"]], **view))[0].view for view in ({}, {"view": "singleValue"})] == [
        "timeSeries",
        "singleValue",
    ]


def test_a_text_widget_is_its_text_and_others_are_left_out() -> None:
    text = {"type": "text", "x": 1, "y": 2, "width": 3, "height": 4, "properties": {"markdown": "# Read me"}}
    widgets = read_widgets(json.dumps({"widgets": [text, {"type": "log", "properties": {}}]}))
    assert [(widget.text, widget.x, widget.y, widget.width, widget.height) for widget in widgets] == [
        ("# Read me", 1, 2, 3, 4)
    ]


@pytest.mark.parametrize("wrong", ["{}", "[]", "no JSON", body([[".", "A"]]), body([["N", "A", "odd"]]), body([[{}]])])
def test_a_malformed_body_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_widgets(wrong)
