"""From CloudFormation's spelling to that of the services."""

from __future__ import annotations

import pytest

from local.omissions import translate_rule
from local.template import find_directory, resolve


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


def test_a_property_that_would_be_lost_is_an_error() -> None:
    with pytest.raises(ValueError, match="Transitions is not known"):
        translate_rule({"Id": "r", "Status": "Enabled", "Transitions": []})


def test_references_are_resolved_and_nothing_else_is() -> None:
    assert resolve({"a": [{"Ref": "Days"}, 1]}, {"Days": "7"}) == {"a": ["7", 1]}
    with pytest.raises(ValueError, match="Fn::Sub"):
        resolve({"a": {"Fn::Sub": "${Days}"}}, {"Days": "7"})


def test_a_functions_folder_is_that_of_its_dockerfile() -> None:
    assert find_directory({"Metadata": {"Dockerfile": "copy/Dockerfile", "DockerContext": "./functions"}}) == "copy"
