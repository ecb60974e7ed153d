from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from multidict import CIMultiDict

from local.cloudfront.distribution import read_behaviours
from local.cloudfront.forwarding import cache_key, origin_headers, origin_query
from local.exchange import ViewerRequest

if TYPE_CHECKING:
    from local.cloudfront.behaviour import Behaviour

PICKING = {
    "EnableAcceptEncodingGzip": True,
    "EnableAcceptEncodingBrotli": True,
    "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Items": ["Accept"]}},
    "CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": {"Items": ["c"]}},
    "QueryStringsConfig": {"QueryStringBehavior": "allExcept", "QueryStrings": {"Items": ["utm"]}},
}


@pytest.fixture
def request_() -> ViewerRequest:
    headers = CIMultiDict(
        [
            ("Host", "localhost:8080"),
            ("Accept", "image/webp"),
            ("Accept-Encoding", "gzip;q=0.5, BR, zstd"),
            ("Cookie", "a=1; c=2"),
            ("User-Agent", "browser"),
            ("X-Forwarded-For", "198.51.100.1"),
            ("Range", "bytes=0-1"),
            ("Connection", "keep-alive"),
        ]
    )
    return ViewerRequest("GET", "/a%20b", "w=1&utm=x&h=2", headers, "192.0.2.1")


def behaviour(distribution: Any, parameters: dict[str, Any], forwarded: dict[str, Any] | None = None) -> Behaviour:
    policy = {"MinTTL": 0, "ParametersInCacheKeyAndForwardedToOrigin": parameters}
    policies = {"forward": forwarded} if forwarded else {}
    chosen = {"OriginRequestPolicyId": "forward"} if forwarded else {}
    return read_behaviours(distribution(cache_policy=policy, behaviour=chosen, origin_request_policies=policies))[-1]


def test_without_selections_the_key_is_the_path(distribution: Any, request_: ViewerRequest) -> None:
    plain = behaviour(distribution, {})
    assert cache_key(plain, request_) == ("/a%20b", "")
    assert origin_query(plain, request_) == ""
    assert dict(origin_headers(plain, request_)) == {
        "Host": "photos.s3-website.eu-central-1.amazonaws.com",
        "User-Agent": "Amazon CloudFront",
        "X-Forwarded-For": "198.51.100.1, 192.0.2.1",
        "Referer": "secret",
    }


def test_values_of_the_cache_policy_are_in_the_key_and_forwarded(distribution: Any, request_: ViewerRequest) -> None:
    picking = behaviour(distribution, PICKING)
    assert cache_key(picking, request_) == ("/a%20b", "w=1&h=2", "accept: image/webp", "c=2", "br,gzip")
    assert origin_query(picking, request_) == "w=1&h=2"
    headers = origin_headers(picking, request_)
    assert (headers["Accept"], headers["Cookie"], headers["Accept-Encoding"]) == ("image/webp", "c=2", "br,gzip")


def test_an_origin_request_policy_forwards_values_outside_the_key(distribution: Any, request_: ViewerRequest) -> None:
    everything = {
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }
    forwarding = behaviour(distribution, {}, everything)
    assert cache_key(forwarding, request_) == ("/a%20b", "")
    assert origin_query(forwarding, request_) == "w=1&utm=x&h=2"
    headers = origin_headers(forwarding, request_)
    assert (headers["Host"], headers["User-Agent"], headers["Cookie"]) == ("localhost:8080", "browser", "a=1; c=2")
    assert not {"Range", "Connection", "Accept-Encoding"} & set(headers)


def test_a_viewer_can_not_set_an_origin_s_custom_header(distribution: Any, request_: ViewerRequest) -> None:
    forwarding = behaviour(distribution, {}, {"HeadersConfig": {"HeaderBehavior": "allViewer"}})
    request_.headers.add("Referer", "guessed")  # type: ignore[attr-defined] # the fixture's headers can be changed
    request_.headers.add("referer", "again")  # type: ignore[attr-defined] # as above
    assert origin_headers(forwarding, request_).getall("Referer") == ["secret"]
