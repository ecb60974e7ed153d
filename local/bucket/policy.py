"""A bucket's policy, as it decides about an anonymous request, and about one of a service that acts for a resource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEYS: Final = {
    "StringEquals": ("aws:sourcearn", "aws:referer", "s3:existingobjecttag/"),
    "Bool": ("aws:securetransport",),
}
"""Supported condition keys, by operator; a final slash stands for any tag."""


@dataclass(frozen=True, slots=True)
class Request:
    """An action on a resource. `service` is the calling service, "" for an anonymous caller.

    `context` are the values of condition keys, in lower case.
    """

    service: str
    action: str
    resource: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: who, what, on which resources, and the accepted values of each condition key."""

    allows: bool
    services: frozenset[str] | None
    """Named services; None is everybody."""
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, frozenset[str]], ...]

    def applies(self, request: Request) -> bool:
        """Tell whether the statement is about a request; a missing condition key has no value."""
        return (
            (self.services is None or request.service in self.services)
            and any(fnmatchcase(request.action.lower(), action) for action in self.actions)
            and any(fnmatchcase(request.resource, resource) for resource in self.resources)
            and all(request.context.get(key) in values for key, values in self.conditions)
        )


@dataclass(frozen=True, slots=True)
class BucketPolicy:
    """A policy's statements."""

    statements: tuple[Statement, ...]

    def allows(self, request: Request) -> bool:
        """Tell whether a request is allowed: at least one statement allows it, and none denies it."""
        verdicts = [statement.allows for statement in self.statements if statement.applies(request)]
        return bool(verdicts) and all(verdicts)

    @property
    def tags(self) -> bool:
        """Whether a decision depends on an object's tags."""
        return any(key.startswith("s3:existingobjecttag/") for each in self.statements for key, _ in each.conditions)


def read_policy(text: str) -> BucketPolicy:
    """Read a policy. Raises ValueError for what is not supported: ignoring it would change what is allowed."""
    return BucketPolicy(tuple(_read_statement(statement) for statement in _listed(json.loads(text)["Statement"])))


def _read_statement(statement: Mapping[str, Any]) -> Statement:
    if unknown := set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}:
        raise ValueError(f"not supported in a bucket's policy: {sorted(unknown)}")
    return Statement(
        statement["Effect"] == "Allow",
        _read_principal(statement["Principal"]),
        tuple(str(action).lower() for action in _listed(statement["Action"])),
        tuple(str(resource).replace("[", "[[]") for resource in _listed(statement["Resource"])),
        tuple(_read_conditions(statement.get("Condition", {}))),
    )


def _read_principal(principal: Any) -> frozenset[str] | None:  # noqa: ANN401 - a string or an object
    if principal in ("*", {"AWS": "*"}):
        return None
    if isinstance(principal, dict) and set(principal) == {"Service"}:
        return frozenset(map(str, _listed(principal["Service"])))
    raise ValueError(f"not supported in a bucket's policy: principal {principal}")


def _read_conditions(conditions: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    for operator, keys in conditions.items():
        for name, values in keys.items():
            key = str(name).lower()
            known = _KEYS.get(operator, ())
            if not any(key == each or (each.endswith("/") and key.startswith(each)) for each in known):
                raise ValueError(f"not supported in a bucket's policy: {operator} of {name}")
            yield key, frozenset(str(value) for value in _listed(values))


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - one thing, or a list of them
    return value if isinstance(value, list) else [value]
