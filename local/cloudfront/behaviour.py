"""A cache behaviour: the requests that it handles, their origin, and what is in the cache key and forwarded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local.cloudfront.freshness import Lifetimes

Kind = Literal["website", "bucket", "api", "other"]

_ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin: timeouts in seconds, and custom headers that are added to each request.

    `completion_timeout` limits the whole request; None sets no limit.
    """

    domain_name: str
    path: str
    headers: tuple[tuple[str, str], ...]
    connect_timeout: float
    read_timeout: float
    completion_timeout: float | None = None
    is_signed: bool = False
    """Whether an origin access control has the edge sign its requests (SigV4, for S3)."""

    @property
    def kind(self) -> Kind:
        """Distinguish a bucket, its website and API Gateway by host name, in the spelling of every AWS region."""
        if re.search(r"\.s3-website[.-]", self.domain_name):
            return "website"
        if re.search(r"\.s3\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$", self.domain_name):
            return "bucket"
        return "api" if ".execute-api." in self.domain_name else "other"


@dataclass(frozen=True, slots=True)
class Selection:
    """Selected names: those listed, or all but those listed."""

    names: frozenset[str]
    inverted: bool

    @classmethod
    def of(cls, behaviour: str | None, names: Iterable[str]) -> Selection:
        """Read CloudFront's none, whitelist, allExcept, all, allViewer and allViewerAndWhitelistCloudFront."""
        match behaviour or "none":
            case "none":
                return cls(frozenset(), inverted=False)
            case "whitelist" | "allExcept" as which:
                return cls(frozenset(names), inverted=which == "allExcept")
            case "all" | "allViewer" | "allViewerAndWhitelistCloudFront":
                return cls(frozenset(), inverted=True)
            case unknown:
                raise ValueError(f"unknown selection {unknown}")

    def __contains__(self, name: str) -> bool:
        """Tell whether a name is selected; header names are in lower case."""
        return (name in self.names) != self.inverted

    def __bool__(self) -> bool:
        """Tell whether anything can be selected at all."""
        return self.inverted or bool(self.names)


@dataclass(frozen=True, slots=True)
class Selections:
    """What is selected of a request's headers, cookies and query."""

    headers: Selection
    cookies: Selection
    query: Selection


@dataclass(frozen=True, slots=True)
class Failover:
    """The second member of an origin group, and the first one's statuses after which it is asked."""

    origin: Origin
    statuses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A cache behaviour: `key` is in the cache key and forwarded, `forwarded` is only forwarded.

    `on_request` and `on_response` are the ARNs of its functions. `signers` are public keys (PEM, by id), one of which
    must verify a request's signature; None means public.
    """

    pattern: re.Pattern[str]
    origin: Origin
    methods: frozenset[str]
    lifetimes: Lifetimes
    key: Selections
    forwarded: Selections
    encodings: tuple[str, ...]
    on_request: str | None
    on_response: str | None
    headers_policy: Mapping[str, Any] | None
    signers: Mapping[str, str] | None = None
    failover: Failover | None = None


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a path pattern: `*` matches any characters, `?` one; the leading slash is optional."""
    wildcards = {"*": ".*", "?": "."}
    if not pattern.startswith(("/", "*")):
        pattern = f"/{pattern}"
    return re.compile("".join(wildcards.get(character) or re.escape(character) for character in pattern), re.DOTALL)


def choose(behaviours: Sequence[Behaviour], path: str) -> Behaviour:
    """Return the first behaviour whose pattern matches the normalized path; the last one matches everything."""
    normal = normalize(path)
    return next(behaviour for behaviour in behaviours if behaviour.pattern.fullmatch(normal))


def normalize(path: str) -> str:
    """Normalize a raw path (RFC 3986, section 6.2.2). CloudFront does so to match patterns, and forwards it raw."""
    if "%" in path:
        path = _ESCAPE.sub(_decode_unreserved, path)
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    is_folder = segments[-1] in {".", ".."}
    return "/" + "/".join(kept) + ("/" if is_folder and kept else "")


def _decode_unreserved(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def same_path(path: str) -> bytes:
    """Return the decoded bytes of a path, equal for all of its spellings."""
    return unquote_to_bytes(path)
