from __future__ import annotations

from typing import Any

import pytest

from local.website.routing_rules import Redirect, read_website

RULES = [
    {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
    {
        "Condition": {"HttpErrorCodeReturnedEquals": "404"},
        "Redirect": {
            "Protocol": "https",
            "HostName": "cdn.example",
            "HttpRedirectCode": "307",
            "ReplaceKeyPrefixWith": "resize/",
        },
    },
    {
        "Condition": {"KeyPrefixEquals": "private/", "HttpErrorCodeReturnedEquals": "403"},
        "Redirect": {"ReplaceKeyWith": "denied.html"},
    },
]


def redirect(key: str, code: int | None = None, website: dict[str, Any] | None = None) -> Redirect | None:
    return read_website(website or {"RoutingRules": RULES}).redirect(key, code, "site.example")


def test_a_missing_key_is_sent_to_the_resize_path() -> None:
    assert redirect("300x200/a.jpg", 404) == Redirect(307, "https://cdn.example/resize/300x200/a.jpg")


def test_a_rule_without_an_error_applies_before_the_lookup() -> None:
    assert redirect("old/a") == Redirect(301, "http://site.example/new/a")
    assert redirect("a") is None


def test_both_conditions_of_a_rule_must_be_met() -> None:
    assert redirect("private/a", 403) == Redirect(301, "http://site.example/denied.html")
    assert redirect("public/a", 403) is None


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a b+c%d.jpg", "a%20b%2Bc%25d.jpg"),
        ("é/日本.jpg", "%C3%A9/%E6%97%A5%E6%9C%AC.jpg"),
        ("300x200,f=webp/a.jpg", "300x200,f=webp/a.jpg"),
        ("a?b#c", "a%3Fb%23c"),
        ("a\r\nSet-Cookie: x", "a%0D%0ASet-Cookie:%20x"),
        ("/evil.example/", "/evil.example/"),
    ],
)
def test_a_location_has_the_key_encoded_once(key: str, path: str) -> None:
    assert redirect(key, 404) == Redirect(307, f"https://cdn.example/resize/{path}")


def test_a_website_may_be_one_redirect() -> None:
    everything = {"RedirectAllRequestsTo": {"HostName": "www.example", "Protocol": "https"}}
    assert redirect("a b", None, everything) == Redirect(301, "https://www.example/a%20b")
