"""CloudFront's response headers policies: CORS, security headers, custom headers, and headers to remove."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from local.cloudfront.distribution import items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from multidict import CIMultiDict, MultiMapping

Header = tuple[str, str, bool]
"""Name, value, and whether it overrides the origin's header."""

_CORS: Final = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Credentials",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
)


def apply_policy(policy: Mapping[str, Any], request: MultiMapping[str], answer: CIMultiDict[str]) -> None:
    """Apply the policy to an answer's headers; `request` has the viewer's headers (CORS depends on `Origin`)."""
    for header in items(policy, "RemoveHeadersConfig"):
        answer.popall(header["Header"], None)
    for name, value, overrides in (*_security(policy.get("SecurityHeadersConfig") or {}), *_custom(policy)):
        if overrides or name not in answer:
            answer[name] = value
    cors = policy.get("CorsConfig")
    if cors:
        _apply_cors(cors, request.get("Origin"), answer)


def _custom(policy: Mapping[str, Any]) -> Iterator[Header]:
    for header in items(policy, "CustomHeadersConfig"):
        yield header["Header"], header.get("Value") or "", header["Override"]


def _security(config: Mapping[str, Any]) -> Iterator[Header]:
    if options := config.get("ContentTypeOptions"):
        yield "X-Content-Type-Options", "nosniff", options["Override"]
    if options := config.get("FrameOptions"):
        yield "X-Frame-Options", options["FrameOption"], options["Override"]
    if options := config.get("ReferrerPolicy"):
        yield "Referrer-Policy", options["ReferrerPolicy"], options["Override"]
    if options := config.get("ContentSecurityPolicy"):
        yield "Content-Security-Policy", options["ContentSecurityPolicy"], options["Override"]
    if options := config.get("StrictTransportSecurity"):
        value = f"max-age={options['AccessControlMaxAgeSec']}"
        value += "; includeSubDomains" if options.get("IncludeSubdomains") else ""
        value += "; preload" if options.get("Preload") else ""
        yield "Strict-Transport-Security", value, options["Override"]
    if options := config.get("XSSProtection"):
        value = "1" if options["Protection"] else "0"
        value += "; mode=block" if options.get("ModeBlock") else ""
        value += f"; report={options['ReportUri']}" if options.get("ReportUri") else ""
        yield "X-XSS-Protection", value, options["Override"]


def _apply_cors(cors: Mapping[str, Any], origin: str | None, answer: CIMultiDict[str]) -> None:
    """Add CORS headers, unless `Origin` is missing or not allowed."""
    if origin is None:
        return
    allowed = items(cors, "AccessControlAllowOrigins")
    if not any(fnmatchcase(origin.lower(), _escape_brackets(pattern.lower())) for pattern in allowed):
        return
    if not cors["OriginOverride"] and any(name in answer for name in _CORS):
        return
    for name in _CORS:
        answer.popall(name, None)
    answer["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
    if "*" not in allowed:
        answer.add("Vary", "Origin")
    for name, values in (
        ("Access-Control-Allow-Headers", items(cors, "AccessControlAllowHeaders")),
        ("Access-Control-Allow-Methods", _methods(items(cors, "AccessControlAllowMethods"))),
        ("Access-Control-Expose-Headers", items(cors, "AccessControlExposeHeaders")),
    ):
        if values:
            answer[name] = ", ".join(values)
    if cors.get("AccessControlAllowCredentials"):
        answer["Access-Control-Allow-Credentials"] = "true"
    if cors.get("AccessControlMaxAgeSec"):
        answer["Access-Control-Max-Age"] = str(cors["AccessControlMaxAgeSec"])


def _methods(methods: list[str]) -> list[str]:
    return ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] if "ALL" in methods else methods


def _escape_brackets(pattern: str) -> str:
    """Escape fnmatch's wildcards other than `*`."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
