"""Metric math over series."""

from __future__ import annotations

import pytest

from local.cloudwatch.metric_math import Operands, evaluate, find_names

OPERANDS = Operands({"a": [1, None, 4], "b": [2, 3, 0]}, period=300, periods=3, quotas={"a": 1000})


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a + b", [3, None, 4]),
        ("b - a", [1, None, -4]),
        ("a * 2.5", [2.5, None, 10]),
        ("a / b", [0.5, None, None]),  # by zero there is no value
        ("100 * (1 - FILL(a, 0) / b)", [50, 100, None]),
        ("-a", [-1, None, -4]),
        ("FILL(a, 7)", [1, 7, 4]),
        ("b * 86400 / PERIOD(a)", [576, 864, 0]),
        ("SERVICE_QUOTA(a)", [1000, 1000, 1000]),
        ("1 / 4", [0.25, 0.25, 0.25]),
        ("a+b*2", [5, None, 4]),
    ],
)
def test_an_expression_has_a_value_for_each_period(expression: str, values: list[float | None]) -> None:
    assert evaluate(expression, OPERANDS) == values


@pytest.mark.parametrize(
    "expression",
    [
        "a +",
        "",
        "c",
        "a ** 2",
        "a > b",
        "FILL(a)",
        "FILL(a, b)",
        "FILL(1, 0)",
        "FILL(a, REPEAT)",
        "PERIOD(a, b)",
        "SERVICE_QUOTA(b)",
        "SERVICE_QUOTA(a + b)",
        "RATE(a)",
        "FILL(a, value=0)",
        "True",
        "'text'",
        "__import__('os').getcwd()",
        "a.b",
        "[a, b]",
    ],
)
def test_a_malformed_or_unsupported_expression_is_refused_and_never_run(expression: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        evaluate(expression, OPERANDS)


def test_the_names_of_an_expression_are_its_ids_and_not_its_functions() -> None:
    assert find_names("FILL(views, 0) + b / PERIOD(views)") == {"views", "b"}


def test_a_number_divided_by_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="zero"):
        evaluate("1 / 0", OPERANDS)
