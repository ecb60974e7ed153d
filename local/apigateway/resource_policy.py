"""An API's resource policy: which requests are allowed, by their headers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADERS = {"aws:referer": "referer", "aws:useragent": "user-agent"}
"""Condition keys with the request header that each one stands for."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: patterns of ARNs, and the accepted values of each header."""

    allows: bool
    resources: tuple[str, ...]
    headers: tuple[tuple[str, tuple[str, ...]], ...]

    def applies(self, arn: str, headers: Mapping[str, str]) -> bool:
        """Tell whether a request matches the resource and all conditions; a missing header matches no value."""
        return any(fnmatchcase(arn, pattern) for pattern in self.resources) and all(
            headers.get(name) in values for name, values in self.headers
        )


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """A policy's statements: at least one that applies must allow, and none may deny."""

    statements: tuple[Statement, ...]

    def allows(self, arn: str, headers: Mapping[str, str]) -> bool:
        """Tell whether an anonymous request may invoke a method; names of `headers` are in lower case."""
        verdicts = [statement.allows for statement in self.statements if statement.applies(arn, headers)]
        return bool(verdicts) and all(verdicts)


def read_policy(document: Mapping[str, Any], api_arn: str) -> ResourcePolicy:
    """Read a policy's document; `execute-api:/` in it stands for `api_arn` and a slash.

    Raises ValueError for everything else, because ignoring part of a policy would change what it allows.
    """
    return ResourcePolicy(tuple(_read_statement(statement, api_arn) for statement in _listed(document["Statement"])))


def _read_statement(statement: Mapping[str, Any], api_arn: str) -> Statement:
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    if unknown or statement["Principal"] != "*" or set(_listed(statement["Action"])) != {"execute-api:Invoke"}:
        raise ValueError(f"not supported in an API's resource policy: {statement}")
    resources = (str(item) for item in _listed(statement["Resource"]))
    patterns = tuple(item.replace("execute-api:/", f"{api_arn}/", 1) for item in resources)
    return Statement(statement["Effect"] == "Allow", patterns, _read_conditions(statement.get("Condition", {})))


def _read_conditions(conditions: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    headers = []
    for operator, keys in conditions.items():
        for key, values in keys.items():
            if operator != "StringEquals" or key.lower() not in _HEADERS:
                raise ValueError(f"not supported in an API's resource policy: {operator} of {key}")
            headers.append((_HEADERS[key.lower()], tuple(str(value) for value in _listed(values))))
    return tuple(headers)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - one thing, or a list of them
    return value if isinstance(value, list) else [value]
