"""A cache behaviour: which requests it is for, where they go, and what of them is in the cache key and passed on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local.cloudfront.freshness import Lifetimes

Kind = Literal["website", "api", "other"]

_ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a behaviour's answers come from; timeouts in seconds, `headers` are sent along with each request.

    No answer may take longer than `completion_timeout` as a whole; None sets no limit.
    """

    domain_name: str
    path: str
    headers: tuple[tuple[str, str], ...]
    connect_timeout: float
    read_timeout: float
    completion_timeout: float | None = None

    @property
    def kind(self) -> Kind:
        """Tell a bucket's website from API Gateway by the host's name, as every AWS region spells it."""
        if re.search(r"\.s3-website[.-]", self.domain_name):
            return "website"
        return "api" if ".execute-api." in self.domain_name else "other"


@dataclass(frozen=True, slots=True)
class Selection:
    """Names that are picked: those listed, or all but those listed."""

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
        """Tell whether a name is picked; header names are given in lower case."""
        return (name in self.names) != self.inverted

    def __bool__(self) -> bool:
        """Tell whether anything can be picked at all."""
        return self.inverted or bool(self.names)


@dataclass(frozen=True, slots=True)
class Selections:
    """What is picked of a request's headers, cookies and query."""

    headers: Selection
    cookies: Selection
    query: Selection


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A cache behaviour: `key` is in the cache key and passed on, `forwarded` is passed on only.

    `on_request` and `on_response` are the ARNs of its functions. `signers` are public keys (PEM, by id), one of which
    has to verify a request's signature; None lets everybody in.
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


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a path pattern: `*` for any characters, `?` for one; the leading slash may be left out."""
    wildcards = {"*": ".*", "?": "."}
    if not pattern.startswith(("/", "*")):
        pattern = f"/{pattern}"
    return re.compile("".join(wildcards.get(character) or re.escape(character) for character in pattern), re.DOTALL)


def choose(behaviours: Sequence[Behaviour], path: str) -> Behaviour:
    """Choose the first behaviour whose pattern matches the normalized path; the last one matches everything."""
    normal = normalize(path)
    return next(behaviour for behaviour in behaviours if behaviour.pattern.fullmatch(normal))


def normalize(path: str) -> str:
    """Normalize a raw path as RFC 3986, section 6.2.2 says; CloudFront does so to match patterns, and sends it raw."""
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
    """Return what two spellings of one path have in common: its decoded bytes."""
    return unquote_to_bytes(path)
