"""The web ACL's rules: which paths they count, read as WAF reads them, and that its ARN fits the parameter."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from cfnlint.decode.cfn_yaml import load

from local.cloudfront.behaviour import compile_pattern, normalize

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
TRANSFORMATIONS: dict[str, Callable[[str], str]] = {"URL_DECODE": unquote, "NORMALIZE_PATH": posixpath.normpath}


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    acl = load(str(ROOT / "infrastructure/web-acl.yaml"))["Resources"]["WebAcl"]["Properties"]
    return {rule["Name"]: rule for rule in acl["Rules"]}


def counts(rules: dict[str, Any], path: str) -> bool:
    """Tell whether the rule on renders counts a path."""
    match = rules["renders"]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["ByteMatchStatement"]
    for transformation in sorted(match["TextTransformations"], key=lambda each: int(each["Priority"])):
        path = TRANSFORMATIONS[transformation["Type"]](path)
    assert match["PositionalConstraint"] == "STARTS_WITH"
    return path.startswith(match["SearchString"])


@pytest.mark.parametrize(
    "path",
    [
        "/resize/300x200/cat.jpg",
        "/%72esize/300x200/cat.jpg",
        "/%72%65%73%69%7a%65/300x200/cat.jpg",
        "/x/../resize/300x200/cat.jpg",
        "/./resize/300x200/cat.jpg",
        "/300x200/resize/cat.jpg",
        "/resized/cat.jpg",
        "/Resize/300x200/cat.jpg",
        "/",
    ],
)
def test_the_rule_on_renders_counts_all_requests_to_the_api(
    rules: dict[str, Any], written: dict[str, Any], path: str
) -> None:
    configuration = written["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    (behaviour,) = configuration["CacheBehaviors"]
    goes = compile_pattern(behaviour["PathPattern"]).fullmatch(normalize(path)) is not None
    assert counts(rules, path) == goes


def test_a_blocked_client_gets_429_and_retry_after(rules: dict[str, Any]) -> None:
    for rule in rules.values():
        rate = rule["Statement"]["RateBasedStatement"]
        answer = rule["Action"]["Block"]["CustomResponse"]
        assert (answer["ResponseCode"], rate["AggregateKeyType"]) == (429, "IP")
        headers = {header["Name"]: header["Value"] for header in answer["ResponseHeaders"]}
        assert headers == {"Retry-After": str(rate["EvaluationWindowSec"])}


def test_its_arn_is_valid_for_the_parameter(written: dict[str, Any]) -> None:
    arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/WebAcl-Xyz/473e64fd-f30b-4765-81a0-62ad96dd167a"
    assert re.fullmatch(written["Parameters"]["WebAclArn"]["AllowedPattern"], arn)
