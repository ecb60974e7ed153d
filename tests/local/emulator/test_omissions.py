"""Conversion from CloudFormation's properties to the services' parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.emulator.omissions import translate_rule
from local.emulator.template import read_handler, resolve

if TYPE_CHECKING:
    from pathlib import Path


def test_a_lifecycle_rule_by_tag_keeps_its_tag() -> None:
    tag = {"Key": "kind", "Value": "derivative"}
    rule = {"Id": "old", "Status": "Enabled", "TagFilters": [tag], "ExpirationInDays": "365"}
    assert translate_rule(rule) == {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Tag": tag},
        "Expiration": {"Days": 365},
    }


def test_several_conditions_of_a_rule_hold_together() -> None:
    tags = [{"Key": "a", "Value": "1"}]
    rule = {"Status": "Enabled", "Prefix": "x/", "TagFilters": tags, "ExpirationInDays": 1}
    assert translate_rule(rule)["Filter"] == {"And": {"Prefix": "x/", "Tags": tags}}


def test_a_rule_without_conditions_is_for_all_objects() -> None:
    rule = {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    assert translate_rule(rule) == {**rule, "Filter": {"Prefix": ""}}


def test_versions_and_marks_that_are_left_of_them_expire() -> None:
    versions = {"NoncurrentVersionExpiration": {"NoncurrentDays": "90"}, "ExpiredObjectDeleteMarker": True}
    assert translate_rule({"Status": "Enabled", **versions}) == {
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    }


def test_a_property_that_would_be_lost_is_an_error() -> None:
    with pytest.raises(ValueError, match="Transitions is not supported"):
        translate_rule({"Id": "r", "Status": "Enabled", "Transitions": []})


def test_references_are_resolved_and_nothing_else_is() -> None:
    assert resolve({"a": [{"Ref": "Days"}, 1]}, {"Days": "7"}) == {"a": ["7", 1]}
    with pytest.raises(ValueError, match="Fn::Sub"):
        resolve({"a": {"Fn::Sub": "${Days}"}}, {"Days": "7"})


CONDITIONS = {
    "HasDays": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Days"}, ""]}]},
    "HasBoth": {"Fn::And": [{"Condition": "HasDays"}, {"Fn::Equals": [{"Ref": "Name"}, "n"]}]},
    "HasEither": {"Fn::Or": [{"Condition": "HasDays"}, {"Fn::Equals": [{"Ref": "Name"}, "n"]}]},
}


@pytest.mark.parametrize(
    ("condition", "days", "name", "expected"),
    [
        ("HasDays", "7", "", "7"),
        ("HasDays", "", "n", "none"),
        ("HasBoth", "7", "n", "7"),
        ("HasBoth", "7", "m", "none"),
        ("HasEither", "", "n", ""),
        ("HasEither", "", "m", "none"),
    ],
)
def test_a_condition_chooses_a_value(condition: str, days: str, name: str, expected: str) -> None:
    value = {"Fn::If": [condition, {"Ref": "Days"}, "none"]}
    assert resolve(value, {"Days": days, "Name": name}, CONDITIONS) == expected


def test_a_property_without_a_value_is_removed() -> None:
    left_out = {"Fn::If": ["HasDays", {"Ref": "Days"}, {"Ref": "AWS::NoValue"}]}
    value = {"a": left_out, "b": [left_out, 1]}
    assert resolve(value, {"Days": ""}, CONDITIONS) == {"b": [1]}
    assert resolve(value, {"Days": "7"}, CONDITIONS) == {"a": "7", "b": ["7", 1]}


def test_a_functions_handler_is_the_command_of_its_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM scratch\nENTRYPOINT ["awslambdaric"]\nCMD ["copier.app.handler"]\n')
    metadata = {"Dockerfile": "Dockerfile", "DockerContext": "."}
    assert read_handler({"Metadata": metadata}, tmp_path) == "copier.app.handler"
