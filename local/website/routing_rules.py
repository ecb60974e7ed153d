"""A bucket's website configuration: its documents, and redirects by key and error code."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNTOUCHED: Final = "/-._~!$&'()*,;=:@"
"""Characters not escaped in a path (RFC 3986, section 3.3), without `+`, which S3 reads as a space."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Status and target of a redirect."""

    status: int
    location: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A routing rule; None means not configured."""

    key_prefix: str | None
    error_code: int | None
    protocol: str | None
    host: str | None
    status: int
    replace_prefix: str | None
    replace_key: str | None

    def rewrite(self, key: str) -> str:
        """Return the key of the redirect's target."""
        if self.replace_key is not None:
            return self.replace_key
        if self.replace_prefix is not None:
            return self.replace_prefix + key.removeprefix(self.key_prefix or "")
        return key


@dataclass(frozen=True, slots=True)
class WebsiteConfiguration:
    """What `get_bucket_website` returns, parsed."""

    index: str | None
    error: str | None
    redirect_all: tuple[str | None, str] | None
    rules: tuple[Rule, ...]

    def redirect(self, key: str, error_code: int | None, host: str) -> Redirect | None:
        """Return the redirect for a key: before the lookup (no error code), or after an error.

        `host` is the request's own, for rules without a host.
        """
        if self.redirect_all is not None:
            protocol, target = self.redirect_all
            return Redirect(HTTPStatus.MOVED_PERMANENTLY, _location(protocol, target, key))
        for rule in self.rules:
            if rule.error_code == error_code and key.startswith(rule.key_prefix or ""):
                return Redirect(rule.status, _location(rule.protocol, rule.host or host, rule.rewrite(key)))
        return None


def _location(protocol: str | None, host: str, key: str) -> str:
    """Percent-encode the key once, as UTF-8; a website endpoint supports HTTP only."""
    return f"{protocol or 'http'}://{host}/{quote(key, safe=_UNTOUCHED)}"


def read_website(answer: Mapping[str, Any]) -> WebsiteConfiguration:
    """Read boto3's answer to `get_bucket_website`."""
    everything = answer.get("RedirectAllRequestsTo")
    return WebsiteConfiguration(
        index=(answer.get("IndexDocument") or {}).get("Suffix"),
        error=(answer.get("ErrorDocument") or {}).get("Key"),
        redirect_all=(everything.get("Protocol"), everything["HostName"]) if everything else None,
        rules=tuple(_read_rule(rule) for rule in answer.get("RoutingRules") or ()),
    )


def _read_rule(shape: Mapping[str, Any]) -> Rule:
    condition, redirect = shape.get("Condition") or {}, shape["Redirect"]
    code = condition.get("HttpErrorCodeReturnedEquals")
    return Rule(
        key_prefix=condition.get("KeyPrefixEquals"),
        error_code=int(code) if code else None,
        protocol=redirect.get("Protocol"),
        host=redirect.get("HostName"),
        status=int(redirect.get("HttpRedirectCode") or HTTPStatus.MOVED_PERMANENTLY),
        replace_prefix=redirect.get("ReplaceKeyPrefixWith"),
        replace_key=redirect.get("ReplaceKeyWith"),
    )
