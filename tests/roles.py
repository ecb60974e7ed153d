"""The roles of infrastructure/delivery.yaml, as CloudFormation would make them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cfnlint.decode.cfn_yaml import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parent.parent
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "123456789012",
    "StackName": "images-of-a-long-name",
    "Environment": "prod",
    "Repository": "example/transcoder",
    "ImagesRepository": "",
    "CircleCiOrganization": "00000000-0000-4000-8000-000000000001",
    "CircleCiProject": "00000000-0000-4000-8000-000000000002",
    "GitHubProvider": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    "CircleCiProvider": "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/1",
    "Boundary": "arn:aws:iam::123456789012:policy/images-Boundary-123456789012",
}


def read_roles(**values: str) -> dict[str, Any]:
    """Return the properties of all resources, with these parameters; AWS_Region stands for AWS::Region."""
    chosen = VALUES | {name.replace("_", "::"): value for name, value in values.items()}
    template = load(str(ROOT / "infrastructure/delivery.yaml"))
    return {name: resolve(chosen, resource["Properties"]) for name, resource in template["Resources"].items()}


def substitute(values: Mapping[str, str], item: Any) -> str:
    text, own = (item, {}) if isinstance(item, str) else item
    known = {**values, **{key: resolve(values, each) for key, each in own.items()}}
    return re.sub(r"\$\{([^}]+)\}", lambda found: known[found.group(1)], text)


def get_attribute(values: Mapping[str, str], item: list[str]) -> str:
    return f"arn:aws:iam::{values['AWS::AccountId']}:role/{values['StackName']}-delivery-{item[0]}-123456789012"


INTRINSICS: dict[str, Callable[[Mapping[str, str], Any], Any]] = {
    "Ref": lambda values, item: values[item],
    "Fn::GetAtt": get_attribute,
    "Fn::If": lambda values, item: resolve(values, item[2] if item[0] == "HasImagesRepository" else item[1]),
    "Fn::Join": lambda values, item: item[0].join(resolve(values, item[1])),
    "Fn::Split": lambda values, item: resolve(values, item[1]).split(item[0]),
    "Fn::Sub": substitute,
}


def resolve(values: Mapping[str, str], value: Any) -> Any:
    """Return a value as CloudFormation would, with the providers that the stack makes itself."""
    if isinstance(value, list):
        return [resolve(values, item) for item in value]
    if not isinstance(value, dict):
        return value
    name = next(iter(value), "")
    if name in INTRINSICS:
        return INTRINSICS[name](values, value[name])
    return {key: resolve(values, each) for key, each in value.items()}
