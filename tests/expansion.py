"""The template, as it is written and as SAM expands it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import boto3
import pytest
from cfnlint.decode.cfn_yaml import load
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

PATH = Path(__file__).parents[1] / "template.yaml"
REPOSITORY = "000000000000.dkr.ecr.us-east-1.amazonaws.com/images"

Expand: TypeAlias = Callable[..., dict[str, Any]]


def plain(value: Any) -> Any:
    """Return plain dicts, lists and strings, without the parser's line numbers."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


@pytest.fixture(scope="session")
def written() -> dict[str, Any]:
    template: dict[str, Any] = plain(load(str(PATH)))
    return template


@pytest.fixture(scope="session")
def expand(written: dict[str, Any]) -> Expand:
    """Apply the SAM transform, as CloudFormation would, after a build that made images of this digest."""

    def expand(digest: str = "0" * 64, **parameters: str) -> dict[str, Any]:
        template = copy.deepcopy(written)
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["ImageUri"] = f"{REPOSITORY}@sha256:{digest}"
        values = {name: parameter.get("Default", "x" * 32) for name, parameter in template["Parameters"].items()}
        translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name="us-east-1"))
        result: dict[str, Any] = translator.translate(template, values | parameters)
        return result

    return expand


@pytest.fixture(scope="session")
def expanded(expand: Expand) -> dict[str, Any]:
    """The template with the SAM transform applied and every parameter at its default."""
    return expand()


@pytest.fixture(scope="session")
def gradual(expand: Expand) -> dict[str, Any]:
    """The template with gradual releases, as in prod."""
    return expand(GradualRelease="true")
