from __future__ import annotations

from typing import Any

import pytest

from local.cloudfront.distribution import read_behaviours
from local.cloudfront.freshness import Lifetimes


def test_a_distribution_is_read_as_deployed(distribution: Any) -> None:
    policy = {"MinTTL": 1, "ParametersInCacheKeyAndForwardedToOrigin": {"EnableAcceptEncodingGzip": True}}
    deployed = distribution(cache_policy=policy, Aliases={"Quantity": 1, "Items": ["Images.example.com"]})
    resize, default = read_behaviours(deployed)
    assert (resize.pattern.pattern, resize.origin.kind, default.origin.kind) == ("/resize/.*", "api", "website")
    assert default.lifetimes == Lifetimes(1, 86400, 31536000)
    assert default.origin.headers == (("Referer", "secret"),)
    assert (default.origin.read_timeout, default.origin.completion_timeout) == (1, None)
    assert default.methods == {"GET", "HEAD"}
    assert default.encodings == ("gzip",)
    assert deployed.hosts == {"d123.cloudfront.net", "images.example.com"}
    assert deployed.tag_header == "x-amz-meta-cache-tag"
    assert deployed.error_minimum == {404: 0, 500: 0, 502: 0, 503: 0, 504: 0}


def test_missing_settings_have_cloudfront_s_defaults(distribution: Any) -> None:
    plain = distribution(CacheTagConfig=None, CustomErrorResponses={"Quantity": 0}, CacheBehaviors={"Quantity": 0})
    assert (plain.tag_header, plain.error_minimum, len(read_behaviours(plain))) == (None, {}, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"OriginGroups": {"Items": [{"Id": "g", "SelectionCriteria": "media-quality-based"}]}}, "media-quality-based"),
        ({"CustomErrorResponses": {"Items": [{"ErrorCode": 404, "ResponsePagePath": "/404"}]}}, "custom error pages"),
        ({"behaviour": {"LambdaFunctionAssociations": {"Items": [{}]}}}, "Lambda@Edge"),
        ({"behaviour": {"TrustedSigners": {"Enabled": True}}}, "trusted signers other than key groups"),
        ({"behaviour": {"TrustedKeyGroups": {"Enabled": True, "Items": ["gone"]}}}, "key group gone"),
        ({"behaviour": {"CachePolicyId": None}}, "legacy cache settings"),
        ({"behaviour": {"CachePolicyId": "gone"}}, "cache policy gone"),
        ({"behaviour": {"OriginRequestPolicyId": "gone"}}, "OriginRequestPolicyId gone"),
        ({"behaviour": {"ResponseHeadersPolicyId": "gone"}}, "ResponseHeadersPolicyId gone"),
        ({"behaviour": {"TargetOriginId": "gone"}}, "origin gone"),
    ],
)
def test_an_unsupported_setting_is_an_error(distribution: Any, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_behaviours(distribution(**changes))
