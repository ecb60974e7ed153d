"""Reads a deployed CloudFront distribution into behaviours; settings that the local edge lacks raise an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from local.cloudfront.behaviour import Behaviour, Failover, Origin, Selection, Selections, compile_pattern
from local.cloudfront.freshness import Lifetimes

Shape = Mapping[str, Any]
"""A structure as boto3 returns it."""

T = TypeVar("T")

Target = tuple[Origin, Failover | None]
"""What a behaviour's TargetOriginId names: an origin, or an origin group."""
GROUP_SIZE: Final = 2
"""Members of an origin group, always."""

YEAR: Final = 31_536_000
DAY: Final = 86_400
DEFAULT_READ_TIMEOUT: Final = 30
"""Seconds; CloudFront's default origin response timeout."""
FAILOVER_STATUSES: Final = frozenset({403, 404, 500})
"""Supported criteria. 502 to 504 also stand for failed connections, which the local edge does not tell apart."""
SIGNING: Final = {"OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
"""The supported origin access control."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution as CloudFront's API returns it: `config` and the policies by id, the functions' code by ARN.

    `key_groups` has the public keys (PEM, by id) of each key group by id, `access_controls` the origin access controls.
    """

    id: str
    domain_name: str
    config: Shape
    cache_policies: Mapping[str, Shape]
    origin_request_policies: Mapping[str, Shape]
    response_headers_policies: Mapping[str, Shape]
    functions: Mapping[str, str]
    key_groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    access_controls: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def hosts(self) -> frozenset[str]:
        """Its host names, in lower case."""
        return frozenset(name.lower() for name in (self.domain_name, *items(self.config, "Aliases")))

    @property
    def tag_header(self) -> str | None:
        """The name of the header that carries an answer's cache tags."""
        header = (self.config.get("CacheTagConfig") or {}).get("HeaderName")
        return str(header) if header else None

    @property
    def error_minimum(self) -> dict[int, float]:
        """The minimum TTL of errors in seconds, by status."""
        return {
            int(error["ErrorCode"]): float(error["ErrorCachingMinTTL"])
            for error in items(self.config, "CustomErrorResponses")
            if error.get("ErrorCachingMinTTL") is not None
        }


def items(shape: Shape, name: str) -> list[Any]:
    """Return the items of one of CloudFront's {Quantity, Items} lists, which may be missing."""
    return list((shape.get(name) or {}).get("Items") or [])


def read_behaviours(distribution: Distribution) -> tuple[Behaviour, ...]:
    """Read the behaviours in order of precedence, the default one last.

    Raise ValueError for a setting that the local edge does not implement, and for an undefined name.
    """
    config = distribution.config
    if any(error.get("ResponsePagePath") for error in items(config, "CustomErrorResponses")):
        raise ValueError("the local edge does not implement custom error pages")
    controls = distribution.access_controls
    origins = {origin["Id"]: _read_origin(origin, controls) for origin in items(config, "Origins")}
    targets: dict[str, Target] = {name: (origin, None) for name, origin in origins.items()}
    targets |= {group["Id"]: _read_group(group, origins) for group in items(config, "OriginGroups")}
    default = {**config["DefaultCacheBehavior"], "PathPattern": "*"}
    return tuple(_read_behaviour(shape, targets, distribution) for shape in [*items(config, "CacheBehaviors"), default])


def _read_group(shape: Shape, origins: Mapping[str, Origin]) -> Target:
    """Read an origin group: a first origin, and one that is asked after certain statuses of the first."""
    what = f"origin group {shape['Id']}"
    if shape.get("SelectionCriteria", "default") != "default":
        raise ValueError(f"{what}: the local edge does not implement {shape['SelectionCriteria']}")
    statuses = frozenset(int(code) for code in items(shape["FailoverCriteria"], "StatusCodes"))
    if unknown := sorted(statuses - FAILOVER_STATUSES):
        raise ValueError(f"{what}: the local edge does not implement failover after {unknown[0]}")
    members = [_named(origins, member["OriginId"], f"{what}: origin") for member in items(shape, "Members")]
    if len(members) != GROUP_SIZE or not statuses:
        raise ValueError(f"{what} needs two members and a status code")
    return members[0], Failover(members[1], statuses)


def _read_signing(shape: Shape, controls: Mapping[str, Shape]) -> bool:
    """Tell whether requests to an origin are signed."""
    what = f"origin {shape['Id']}"
    if (shape.get("S3OriginConfig") or {}).get("OriginAccessIdentity"):
        raise ValueError(f"{what}: the local edge does not implement origin access identities")
    if not shape.get("OriginAccessControlId"):
        return False
    control = _named(controls, shape["OriginAccessControlId"], f"{what}: origin access control")
    if unknown := {name: control.get(name) for name in SIGNING if control.get(name) != SIGNING[name]}:
        raise ValueError(f"{what}: the local edge does not implement an origin access control with {unknown}")
    return True


def _read_origin(shape: Shape, controls: Mapping[str, Shape]) -> Origin:
    custom = shape.get("CustomOriginConfig") or {}
    completion = shape.get("ResponseCompletionTimeout")
    return Origin(
        domain_name=str(shape["DomainName"]),
        path=str(shape.get("OriginPath") or ""),
        headers=tuple((str(h["HeaderName"]), str(h["HeaderValue"])) for h in items(shape, "CustomHeaders")),
        connect_timeout=float(shape.get("ConnectionTimeout") or 10),
        read_timeout=float(custom.get("OriginReadTimeout") or DEFAULT_READ_TIMEOUT),
        completion_timeout=float(completion) if completion else None,
        is_signed=_read_signing(shape, controls),
    )


def _read_behaviour(shape: Shape, targets: Mapping[str, Target], distribution: Distribution) -> Behaviour:
    pattern = str(shape["PathPattern"])
    for reason in _unsupported(shape):
        raise ValueError(f"behaviour {pattern}: the local edge does not implement {reason}")
    policy = _named(distribution.cache_policies, shape.get("CachePolicyId"), f"behaviour {pattern}: cache policy")
    forwarding = _optional(distribution.origin_request_policies, shape, "OriginRequestPolicyId")
    parameters = policy.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    methods = shape.get("AllowedMethods") or {}
    first, failover = _named(targets, shape.get("TargetOriginId"), f"behaviour {pattern}: origin")
    functions = {str(f["EventType"]): str(f["FunctionARN"]) for f in items(shape, "FunctionAssociations")}
    return Behaviour(
        pattern=compile_pattern(pattern),
        origin=first,
        methods=frozenset(methods.get("Items") or ["GET", "HEAD"]),
        lifetimes=Lifetimes(
            float(policy["MinTTL"]), float(policy.get("DefaultTTL", DAY)), float(policy.get("MaxTTL", YEAR))
        ),
        key=_read_selections(parameters),
        forwarded=_read_selections(forwarding or {}),
        encodings=tuple(_encodings(parameters)),
        on_request=functions.get("viewer-request"),
        on_response=functions.get("viewer-response"),
        headers_policy=_optional(distribution.response_headers_policies, shape, "ResponseHeadersPolicyId"),
        signers=_read_signers(shape, distribution.key_groups),
        failover=failover,
    )


def _read_signers(shape: Shape, groups: Mapping[str, Mapping[str, str]]) -> dict[str, str] | None:
    trusted = shape.get("TrustedKeyGroups") or {}
    if not trusted.get("Enabled"):
        return None
    ids = items(shape, "TrustedKeyGroups")
    return {key: pem for group in ids for key, pem in _named(groups, group, "key group").items()}


def _unsupported(shape: Shape) -> Iterator[str]:
    if items(shape, "LambdaFunctionAssociations"):
        yield "Lambda@Edge"
    if (shape.get("TrustedSigners") or {}).get("Enabled"):
        yield "trusted signers other than key groups"
    if not shape.get("CachePolicyId"):
        yield "legacy cache settings (use a cache policy)"


def _named(values: Mapping[str, T], name: object, what: str) -> T:
    if name not in values:
        raise ValueError(f"{what} {name} is not defined: {sorted(values)}")
    return values[str(name)]


def _optional(policies: Mapping[str, Shape], shape: Shape, name: str) -> Shape | None:
    return _named(policies, shape[name], name) if shape.get(name) else None


def _read_selections(shape: Shape) -> Selections:
    """Read the three selections that a cache policy and an origin request policy share."""
    headers = shape.get("HeadersConfig") or {}
    cookies = shape.get("CookiesConfig") or {}
    query = shape.get("QueryStringsConfig") or {}
    return Selections(
        headers=Selection.of(headers.get("HeaderBehavior"), (str(name).lower() for name in items(headers, "Headers"))),
        cookies=Selection.of(cookies.get("CookieBehavior"), items(cookies, "Cookies")),
        query=Selection.of(query.get("QueryStringBehavior"), items(query, "QueryStrings")),
    )


def _encodings(parameters: Shape) -> Iterator[str]:
    if parameters.get("EnableAcceptEncodingBrotli"):
        yield "br"
    if parameters.get("EnableAcceptEncodingGzip"):
        yield "gzip"
