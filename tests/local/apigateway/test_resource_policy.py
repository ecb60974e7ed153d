"""Requests that an API's resource policy allows."""

from __future__ import annotations

from typing import Any

import pytest

from local.apigateway.resource_policy import read_policy

ARN = "arn:aws:execute-api:us-east-1:000000000000:abc"
METHOD = f"{ARN}/live/GET/resize/1x/a.jpg"
STATEMENT = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "execute-api:Invoke",
    "Resource": "execute-api:/*",
    "Condition": {"StringEquals": {"aws:Referer": ["one", "two"]}},
}


def allows(*statements: dict[str, Any], arn: str = METHOD, **headers: str) -> bool:
    return read_policy({"Statement": list(statements)}, ARN).allows(arn, headers)


def test_the_header_must_equal_one_of_the_values() -> None:
    assert allows(STATEMENT, referer="one")
    assert allows(STATEMENT, referer="two")
    assert not allows(STATEMENT, referer="One")
    assert not allows(STATEMENT, referer="")
    assert not allows(STATEMENT)


def test_all_conditions_have_to_hold() -> None:
    both = {**STATEMENT, "Condition": {"StringEquals": {"aws:Referer": "one", "aws:UserAgent": "edge"}}}
    assert allows(both, **{"referer": "one", "user-agent": "edge"})
    assert not allows(both, referer="one")


def test_a_deny_overrides_and_no_statement_denies() -> None:
    assert not allows(STATEMENT, {**STATEMENT, "Effect": "Deny"}, referer="one")
    assert not allows(referer="one")


def test_a_statement_applies_to_its_resources() -> None:
    only_post = {**STATEMENT, "Resource": ["execute-api:/live/POST/*"]}
    assert not allows(only_post, referer="one")
    assert not allows(STATEMENT, arn=METHOD.replace("abc", "other"), referer="one")


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"AWS": "arn:aws:iam::1:root"}},
        {"Action": "execute-api:*"},
        {"NotResource": "x"},
        {"Condition": {"StringLike": {"aws:Referer": "*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}},
    ],
)
def test_an_unsupported_element_is_an_error_and_not_ignored(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not supported"):
        read_policy({"Statement": [{**STATEMENT, **change}]}, ARN)
