"""Prepares the SAM template for the emulator: reads it, and adds what `sam build` would add."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse  # understands CloudFormation's tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/local:latest"
"""Placeholder for the image that `sam build` builds; functions run in the local pool instead."""

NO_VALUE = {"Ref": "AWS::NoValue"}
"""Marks a property or list item as absent."""


def read_template(path: Path) -> dict[str, Any]:
    """Return the template with an `ImageUri` for each function that has a Dockerfile."""
    template: dict[str, Any] = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function" and "Dockerfile" in resource.get("Metadata", {}):
            resource["Properties"]["ImageUri"] = IMAGE
    return template


def read_handler(resource: Mapping[str, Any], root: Path) -> str:
    """Return the handler that a function's image starts: the CMD of its Dockerfile, below the template's folder."""
    metadata = resource["Metadata"]
    dockerfile = (root / metadata["DockerContext"] / metadata["Dockerfile"]).read_text()
    (handler,) = json.loads(dockerfile.rpartition("\nCMD ")[2])
    return str(handler)


def resolve(value: Any, references: Mapping[str, str], conditions: Mapping[str, Any] = MappingProxyType({})) -> Any:  # noqa: ANN401 - any JSON
    """Replace each `Ref` and `Fn::If` in a processed template's value. Raises ValueError for other intrinsic functions.

    `references` has the values of parameters and resources, `conditions` the template's Conditions, unresolved.
    """
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            return references[value["Ref"]]
        if set(value) == {"Fn::If"}:
            return resolve(_choose(value, references, conditions), references, conditions)
        if any(name.startswith("Fn::") for name in value):
            raise ValueError(f"can't resolve {json.dumps(value)}")
        items = ((name, _choose(item, references, conditions)) for name, item in value.items())
        return {name: resolve(item, references, conditions) for name, item in items if item != NO_VALUE}
    if isinstance(value, list):
        chosen_items = (_choose(item, references, conditions) for item in value)
        return [resolve(item, references, conditions) for item in chosen_items if item != NO_VALUE]
    return value


def _choose(value: Any, references: Mapping[str, str], conditions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Resolve `Fn::If` only, so that the caller can detect AWS::NoValue."""
    while isinstance(value, dict) and set(value) == {"Fn::If"}:
        condition, then, otherwise = value["Fn::If"]
        value = then if holds(conditions[condition], references, conditions) else otherwise
    return value


def holds(
    condition: Mapping[str, Any], references: Mapping[str, str], conditions: Mapping[str, Any] = MappingProxyType({})
) -> bool:
    """Evaluate a condition, or an assertion of a rule; the other arguments are those of `resolve`."""
    ((name, operands),) = condition.items()
    if name == "Condition":
        return holds(conditions[operands], references, conditions)
    if name == "Fn::Equals":
        left, right = resolve(operands, references, conditions)
        return str(left) == str(right)
    results = [holds(operand, references, conditions) for operand in operands]
    return {"Fn::Not": not results[0], "Fn::And": all(results), "Fn::Or": any(results)}[name]
