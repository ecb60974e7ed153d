from __future__ import annotations

from typing import Any

import pytest
from multidict import CIMultiDict

from local.cloudfront.headers_policy import apply_policy

SECURITY = {
    "SecurityHeadersConfig": {
        "ContentTypeOptions": {"Override": True},
        "FrameOptions": {"FrameOption": "DENY", "Override": False},
        "ReferrerPolicy": {"ReferrerPolicy": "same-origin", "Override": True},
        "ContentSecurityPolicy": {"ContentSecurityPolicy": "default-src 'none'", "Override": True},
        "StrictTransportSecurity": {
            "AccessControlMaxAgeSec": 63072000,
            "IncludeSubdomains": True,
            "Preload": True,
            "Override": True,
        },
        "XSSProtection": {"Protection": True, "ModeBlock": True, "Override": True},
    },
    "CustomHeadersConfig": {"Items": [{"Header": "Timing-Allow-Origin", "Value": "*", "Override": False}]},
    "RemoveHeadersConfig": {"Items": [{"Header": "Server"}]},
}


def cors(*origins: str, **changes: Any) -> dict[str, Any]:
    return {
        "CorsConfig": {
            "AccessControlAllowOrigins": {"Items": list(origins)},
            "AccessControlAllowHeaders": {"Items": ["*"]},
            "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
            "AccessControlExposeHeaders": {"Items": ["Server-Timing"]},
            "AccessControlAllowCredentials": False,
            "AccessControlMaxAgeSec": 600,
            "OriginOverride": True,
            **changes,
        }
    }


def applied(policy: dict[str, Any], origin: str | None = None, **headers: str) -> CIMultiDict[str]:
    answer = CIMultiDict((name.replace("_", "-"), value) for name, value in headers.items())
    apply_policy(policy, CIMultiDict({"Origin": origin} if origin else {}), answer)
    return answer


def test_security_headers_are_written_as_browsers_read_them() -> None:
    assert dict(applied(SECURITY)) == {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'none'",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
        "X-XSS-Protection": "1; mode=block",
        "Timing-Allow-Origin": "*",
    }


def test_only_an_override_replaces_the_origin_s_header() -> None:
    headers = applied(SECURITY, x_frame_options="SAMEORIGIN", referrer_policy="origin", Server="AmazonS3")
    assert headers.getall("X-Frame-Options") == ["SAMEORIGIN"]
    assert headers.getall("Referrer-Policy") == ["same-origin"]
    assert "Server" not in headers


def test_a_cross_origin_request_is_allowed_everywhere_with_a_star() -> None:
    headers = applied(cors("*"), "https://shop.example")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert headers["Access-Control-Expose-Headers"] == "Server-Timing"
    assert headers["Access-Control-Max-Age"] == "600"
    assert not {"Vary", "Access-Control-Allow-Credentials"} & set(headers)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example", True),
        ("https://www.shop.example", True),
        ("https://shop.example.evil", False),
        ("http://shop.example", False),
    ],
)
def test_only_listed_origins_are_allowed(origin: str, *, allowed: bool) -> None:
    headers = applied(cors("https://shop.example", "https://*.shop.example"), origin)
    assert headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert ("Vary" in headers) is allowed


def test_the_origin_s_cors_headers_stay_unless_overridden() -> None:
    kept = applied(cors("*", OriginOverride=False), "https://a", Access_Control_Allow_Origin="https://a")
    replaced = applied(cors("*"), "https://a", Access_Control_Allow_Origin="https://a")
    assert dict(kept) == {"Access-Control-Allow-Origin": "https://a"}
    assert replaced["Access-Control-Allow-Origin"] == "*"


def test_a_request_without_an_origin_gets_no_cors_headers() -> None:
    assert not applied(cors("*"))


@pytest.mark.sockets
async def test_the_edge_applies_the_policy_to_hits_and_errors_too(
    origin: Any, open_edge: Any, distribution: Any
) -> None:
    deployed = distribution(
        behaviour={"ResponseHeadersPolicyId": "headers"}, response_headers_policies={"headers": SECURITY | cors("*")}
    )
    edge = await open_edge(deployed)
    first, hit = [await edge.get("/a.png", Origin="https://shop.example") for _ in range(2)]
    origin.status = 404
    error = await edge.get("/b.png")
    assert [one.headers["X-Content-Type-Options"] for one in (first, hit, error)] == ["nosniff"] * 3
    assert hit.headers["Access-Control-Allow-Origin"] == "*"
    assert "Server" not in origin.headers
