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
    "RepositoryOwnerId": "1001",
    "RepositoryId": "2002",
    "ImagesRepository": "",
    "ImagesRepositoryOwnerId": "",
    "ImagesRepositoryId": "",
    "GitHubProviderArn": "",
    "CircleCiProviderArn": "",
    "CircleCiOrganization": "00000000-0000-4000-8000-000000000001",
    "CircleCiProject": "00000000-0000-4000-8000-000000000002",
    "CircleCiOrigin": "github.com/example/transcoder",
    "GitHubProvider": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    "CircleCiProvider": "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/1",
    "Boundary": "arn:aws:iam::123456789012:policy/images-Boundary-123456789012",
}


NOTHING = object()


def read_roles(**values: str) -> dict[str, Any]:
    """Return the properties of all resources, with these parameters; AWS_Region stands for AWS::Region.

    A role's managed policies are the policies themselves instead of their ARNs.
    """
    chosen: dict[str, Any] = VALUES | {name.replace("_", "::"): value for name, value in values.items()}
    template = load(str(ROOT / "infrastructure/delivery.yaml"))
    chosen["AWS::NoValue"] = NOTHING
    for name, condition in template["Conditions"].items():  # each after those that it refers to
        chosen[name] = resolve(chosen, condition)
    chosen["ExecutionPolicy"] = resolve(chosen, template["Resources"]["ExecutionPolicy"]["Properties"])
    return {name: resolve(chosen, resource["Properties"]) for name, resource in template["Resources"].items()}


def substitute(values: Mapping[str, Any], item: Any) -> str:
    text, own = (item, {}) if isinstance(item, str) else item
    known = {**values, **{key: resolve(values, each) for key, each in own.items()}}
    return re.sub(r"\$\{([^}]+)\}", lambda found: known[found.group(1)], text)


def get_attribute(values: Mapping[str, Any], item: list[str]) -> str:
    return f"arn:aws:iam::{values['AWS::AccountId']}:role/{values['StackName']}-delivery-{item[0]}-123456789012"


INTRINSICS: dict[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "Ref": lambda values, item: values[item],
    "Fn::GetAtt": get_attribute,
    "Condition": lambda values, item: values[item],
    "Fn::If": lambda values, item: resolve(values, item[1] if values[item[0]] else item[2]),
    "Fn::And": lambda values, item: all(resolve(values, item)),
    "Fn::Or": lambda values, item: any(resolve(values, item)),
    "Fn::Not": lambda values, item: not resolve(values, item[0]),
    "Fn::Equals": lambda values, item: resolve(values, item[0]) == resolve(values, item[1]),
    "Fn::Select": lambda values, item: resolve(values, item[1])[item[0]],
    "Fn::Join": lambda values, item: item[0].join(resolve(values, item[1])),
    "Fn::Split": lambda values, item: resolve(values, item[1]).split(item[0]),
    "Fn::Sub": substitute,
}


def resolve(values: Mapping[str, Any], value: Any) -> Any:
    """Return a value as CloudFormation would, with the providers that the stack makes itself."""
    if isinstance(value, list):
        return [each for item in value if (each := resolve(values, item)) is not NOTHING]
    if not isinstance(value, dict):
        return value
    name = next(iter(value), "")
    if name in INTRINSICS and (name != "Condition" or isinstance(value[name], str)):  # a policy has a key of that name
        return INTRINSICS[name](values, value[name])
    return {key: found for key, each in value.items() if (found := resolve(values, each)) is not NOTHING}
