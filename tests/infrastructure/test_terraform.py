"""Terraform deploys the template as it is: its variables and outputs are the template's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infrastructure/terraform"


def text(value: Any) -> Any:
    """Return a string as it is meant: without quotes and escapes, and of several spaces one."""
    if not isinstance(value, str):
        return value
    plain = value[1:-1] if value.startswith('"') else value
    return " ".join(plain.replace('\\"', '"').replace("\\\\", "\\").split())


def blocks(kind: str) -> dict[str, dict[str, Any]]:
    """Return all blocks of a kind by their names."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.tf")):
        for item in hcl2.loads(path.read_text()).get(kind, []):
            name, block = next((key, value) for key, value in item.items() if isinstance(value, dict))
            found[text(name)] = block
    return found


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


@pytest.fixture(scope="module")
def variables() -> dict[str, dict[str, Any]]:
    """The variables that stand for parameters, by the parameter."""
    own = set(hcl_names("settings.tf"))
    return {camel(name): block for name, block in blocks("variable").items() if name not in own}


def hcl_names(file: str) -> list[str]:
    return [text(name) for item in hcl2.loads((FOLDER / file).read_text())["variable"] for name in item]


def conditions(variable: dict[str, Any]) -> str:
    return " ".join(str(each["condition"]) for each in variable["validation"])


def test_every_parameter_has_its_variable_and_no_other_is_there(
    template: dict[str, Any], variables: dict[str, Any]
) -> None:
    assert list(variables) == list(template["Parameters"])
    assert len(variables) > 20


def test_descriptions_types_and_defaults_are_those_of_the_template(
    template: dict[str, Any], variables: dict[str, Any]
) -> None:
    for name, parameter in template["Parameters"].items():
        variable = variables[name]
        assert text(variable["description"]) == " ".join(parameter["Description"].split()), name
        assert text(variable["type"]).strip("${}") == parameter["Type"].lower(), name
        assert ("default" in variable) == ("Default" in parameter), name
        if "Default" in parameter:
            assert text(variable["default"]) == parameter["Default"], name
        assert variable.get("sensitive", False) is parameter.get("NoEcho", False), name


def test_terraform_and_the_template_refuse_the_same_values(template: dict[str, Any], variables: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        found = conditions(variables[name])
        if "AllowedPattern" in parameter:
            assert parameter["AllowedPattern"].replace("\\", "\\\\") in found, name
            assert not re.search(r"\(\?[^:]", parameter["AllowedPattern"]), f"{name}: Terraform's RE2 has no lookaround"
        if "MinValue" in parameter:
            assert re.search(rf">= {parameter['MinValue']} && \S+ <= {parameter['MaxValue']} ", found), name
        if "MaxLength" in parameter:
            assert f"<= {parameter['MaxLength']}" in found, name
        for value in parameter.get("AllowedValues", []):
            assert re.search(rf"\b{value}\b", found), name


def test_the_stack_gets_every_parameter_and_shows_every_output(template: dict[str, Any]) -> None:
    (local,) = hcl2.loads((FOLDER / "parameters.tf").read_text())["locals"]
    given = {
        text(name): str(value).strip("${}") for name, value in local["parameters"].items() if name != "__is_block__"
    }
    assert list(given) == list(template["Parameters"])
    assert {camel(value.removeprefix("var.")): name for name, value in given.items()} == {name: name for name in given}
    shown = {camel(name) for name in blocks("output")} - {"RepositoryUrls"}
    assert shown == set(template["Outputs"])


def test_every_function_has_a_repository_for_its_image(template: dict[str, Any]) -> None:
    functions = re.search(r"functions = toset\((\[[^]]*\])\)", (FOLDER / "main.tf").read_text())
    assert functions
    listed = re.findall(r'"(\w+)"', functions.group(1))
    made = [name for name, item in template["Resources"].items() if item["Type"] == "AWS::Serverless::Function"]
    assert [f"{name.capitalize()}Function" for name in listed] == made
