"""Values for the template's parameters from one text, checked as CloudFormation checks them before a deployment."""

from __future__ import annotations

import difflib
import re
import shlex
from typing import TYPE_CHECKING, Any, Final

from local.emulator.template import holds, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GENERATED: Final = {"OriginSecret": "x" * 64, "SigningKey": "x" * 64}
"""Stand-ins for the secrets that each start generates where no value is given."""


class ParameterError(Exception):
    """A value is not valid. The text is one line for the user."""


def read_parameters(text: str, template: Path) -> dict[str, str]:
    """Return the values in a text of shell words, NAME=VALUE each. Raises ParameterError.

    Quotes are needed only around a value with spaces: `SizeLadder=160,320 ReconcileSchedule='rate(1 hour)'`.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ParameterError(f"{text!r} can't be split into NAME=VALUE: {error}") from error
    content = read_template(template)
    definitions = content["Parameters"]
    values: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise ParameterError(f"{word!r} is not NAME=VALUE; a value with spaces needs quotes")
        if name in values:
            raise ParameterError(f"{name} is given twice")
        _check(name, value, definitions)
        values[name] = value
    _check_rules(values, content)
    return values


def _check(name: str, value: str, definitions: Mapping[str, Any]) -> None:
    if name not in definitions:
        near = difflib.get_close_matches(name, definitions, 1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ParameterError(f"template.yaml has no parameter {name!r}{hint}")
    if name == "TrustedKeyGroups" and value:
        raise ParameterError("TrustedKeyGroups names key groups of an AWS account; here PUBLIC_KEY=file.pem makes one")
    obstacle = _find_obstacle(value, definitions[name])
    if obstacle:
        shown = "the value" if definitions[name].get("NoEcho") else repr(value)
        raise ParameterError(f"{name}: {shown} is not valid (expected: {obstacle})")


def _find_obstacle(value: str, definition: Mapping[str, Any]) -> str:
    """Return what is expected instead of a value, or "" for a valid one."""
    allowed = [str(each) for each in definition.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return ", ".join(allowed[:-1]) + f" or {allowed[-1]}"
    if definition["Type"] == "Number" and not allowed:
        least, most = int(definition["MinValue"]), int(definition["MaxValue"])
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            return f"a whole number from {least} to {most}"
    if not re.fullmatch(definition.get("AllowedPattern", ".*"), value):
        return str(definition["ConstraintDescription"])
    if len(value) > int(definition.get("MaxLength", len(value))):
        return f"{definition['MaxLength']} characters at most"
    return ""


def _check_rules(values: Mapping[str, str], content: Mapping[str, Any]) -> None:
    """Check the template's Rules, which are about several parameters together."""
    defaults = {name: str(definition.get("Default", "")) for name, definition in content["Parameters"].items()}
    references = defaults | GENERATED | dict(values)
    for rule in content["Rules"].values():
        if "RuleCondition" in rule and not holds(rule["RuleCondition"], references):
            continue
        for assertion in rule["Assertions"]:
            if not holds(assertion["Assert"], references):
                raise ParameterError(assertion["AssertDescription"])
