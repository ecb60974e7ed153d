"""The SAM template on its way to the emulator: read, and given the one thing that `sam build` would add."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse  # understands CloudFormation's tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/local:latest"
"""Stands where `sam build` puts the image that it built: functions run in the local pool instead."""


def read_template(path: Path) -> dict[str, Any]:
    """Return the template with an `ImageUri` for each function that has a Dockerfile."""
    template: dict[str, Any] = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function" and "Dockerfile" in resource.get("Metadata", {}):
            resource["Properties"]["ImageUri"] = IMAGE
    return template


def find_directory(resource: Mapping[str, Any]) -> str:
    """Return a function's folder inside its Docker context."""
    return str(PurePosixPath(resource["Metadata"]["Dockerfile"]).parent)


def resolve(value: Any, references: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Replace each `Ref` in a processed template's value. Raises ValueError for any other intrinsic function."""
    if isinstance(value, dict):
        if set(value) == {"Ref"}:
            return references[value["Ref"]]
        if any(name.startswith("Fn::") for name in value):
            raise ValueError(f"can't resolve {json.dumps(value)}")
        return {name: resolve(item, references) for name, item in value.items()}
    return [resolve(item, references) for item in value] if isinstance(value, list) else value
