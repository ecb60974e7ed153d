"""The functions' environment at its longest fits into Lambda's 4,096 bytes, or a deployment would fail on it."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from expansion import plain

LIMIT = 4096
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: all variables of a function together."""

PARAMETER = 4096
"""CloudFormation's limit of a parameter's value, in bytes."""

MADE = {
    "AWS::StackName": "x" * 23,  # ops and infrastructure/delivery.yaml: or the bucket's name is too long
    "SourceBucket": "x" * 63,
    "DestinationBucket": "x" * 63,
    "DerivativeTable": "x" * 60,  # name of the stack, logical id, and what CloudFormation adds
    "Distribution": "x" * 14,
    "SourceEvents": "https://sqs.ap-northeast-1.amazonaws.com.cn/123456789012/" + "x" * 80,
}
"""The longest names of what the stack makes."""


def longest(parameter: dict[str, Any]) -> str:
    """Return a text as long as the longest value of a parameter."""
    if "AllowedValues" in parameter:
        return str(max(map(str, parameter["AllowedValues"]), key=len))
    if parameter["Type"] == "Number":
        return str(parameter["MaxValue"])
    # Python's own parser of patterns, the only measure of a pattern's longest match; it is not public.
    _, bound = import_module("re._parser").parse(parameter["AllowedPattern"]).getwidth()
    return "x" * int(min(bound, parameter.get("MaxLength", PARAMETER)))


def values_of(template: dict[str, Any]) -> dict[str, str]:
    found = {name: longest(parameter) for name, parameter in template["Parameters"].items()}
    return found | MADE


def resolve(value: Any, values: dict[str, str]) -> str:
    """Return the longest value of a variable."""
    if isinstance(value, str):
        return value
    ((name, item),) = value.items()
    if name == "Ref":
        return values[item]
    if name == "Fn::Sub":
        text = item
        for each, found in values.items():
            text = text.replace(f"${{{each}}}", found)
        assert "${" not in text
        return str(text)
    assert name == "Fn::If"
    return max((resolve(each, values) for each in item[1:]), key=len)


def size(function: dict[str, Any], values: dict[str, str]) -> int:
    """Return the bytes of a function's variables as JSON, which is how Lambda's API gets them."""
    variables = function["Properties"]["Environment"]["Variables"]
    return len(json.dumps({name: resolve(value, values) for name, value in variables.items()}, separators=(",", ":")))


@pytest.mark.parametrize("name", ["CopyFunction", "ResizeFunction"])
def test_the_longest_parameters_fit(written: dict[str, Any], name: str) -> None:
    assert size(written["Resources"][name], values_of(written)) <= LIMIT


def test_a_longer_parameter_would_not_fit(written: dict[str, Any]) -> None:
    """So that the test above measures what it should."""
    values = values_of(written)
    values["AllowedDimensions"] *= 2
    assert size(written["Resources"]["ResizeFunction"], values) > LIMIT


def test_the_longest_value_is_that_of_its_pattern() -> None:
    assert len(longest({"Type": "String", "AllowedPattern": "^$|^[a-z]{3,7}$"})) == 7
    assert len(longest({"Type": "String", "AllowedPattern": "^[a-z]+$", "MaxLength": 9})) == 9
    assert len(longest(plain({"Type": "String", "AllowedValues": ["a", "bcd"]}))) == 3
