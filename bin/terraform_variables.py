# ruff: noqa: INP001 - a program, and no package
"""Writes what infrastructure/terraform/ knows of template.yaml: its parameters as variables, and its outputs.

Usage: terraform_variables.py [FOLDER]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
HEAD = "# Made from template.yaml by `make terraform`; tests/infrastructure compares the two.\n"


def to_snake(name: str) -> str:
    """Return Terraform's spelling of a CloudFormation name: LogLevel is log_level."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def quote(text: str) -> str:
    """Return a string of Terraform's language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'


def find_conditions(name: str, parameter: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the conditions of a parameter, and what is said where one is not met."""
    value = f"var.{name}"
    if "AllowedValues" in parameter:
        allowed = [str(item) for item in parameter["AllowedValues"]]
        texts = allowed if parameter["Type"] == "Number" else [quote(item) for item in allowed]
        yield f"contains([{', '.join(texts)}], {value})", f"One of {', '.join(allowed)}."
    if "AllowedPattern" in parameter:
        reason = parameter["ConstraintDescription"]
        yield f"can(regex({quote(parameter['AllowedPattern'])}, {value}))", f"{reason[0].upper()}{reason[1:]}."
    if "MaxLength" in parameter:
        yield f"length({value}) <= {parameter['MaxLength']}", f"At most {parameter['MaxLength']} characters."
    if "MinValue" in parameter:
        low, high = parameter["MinValue"], parameter["MaxValue"]
        condition = f"{value} >= {low} && {value} <= {high} && floor({value}) == {value}"
        yield condition, f"A whole number from {low} to {high}."


def write_variable(name: str, parameter: Mapping[str, Any]) -> str:
    """Return a variable's block."""
    number = parameter["Type"] == "Number"
    variable = to_snake(name)
    lines = [
        f'variable "{variable}" {{',
        f"  description = {quote(' '.join(parameter['Description'].split()))}",
        f"  type        = {'number' if number else 'string'}",
    ]
    if "Default" in parameter:
        default = parameter["Default"]
        lines.append(f"  default     = {default if number else quote(default)}")
    if parameter.get("NoEcho"):
        lines.append("  sensitive   = true")
    lines.append("  nullable    = false")
    for condition, reason in find_conditions(variable, parameter):
        lines += [
            "",
            "  validation {",
            f"    condition     = {condition}",
            f"    error_message = {quote(reason)}",
            "  }",
        ]
    return "\n".join([*lines, "}\n"])


def write_output(name: str, output: Mapping[str, Any]) -> str:
    """Return an output's block."""
    return "\n".join(
        [
            f'output "{to_snake(name)}" {{',
            f"  description = {quote(output['Description'])}",
            f"  value       = aws_cloudformation_stack.transcoder.outputs[{quote(name)}]",
            "}\n",
        ]
    )


def write_parameters(names: list[str]) -> str:
    """Return the parameters of the stack, each from its variable."""
    width = max(map(len, names))
    lines = [f"    {name.ljust(width)} = var.{to_snake(name)}" for name in names]
    return "\n".join(["locals {", "  parameters = {", *lines, "  }", "}\n"])


def main() -> int:
    """Write all files."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "infrastructure/terraform"
    template = yaml_parse((ROOT / "template.yaml").read_text())
    parameters = template["Parameters"]
    blocks = [write_variable(name, parameter) for name, parameter in parameters.items()]
    outputs = [write_output(name, output) for name, output in template["Outputs"].items()]
    (folder / "variables.tf").write_text("\n".join([HEAD, *blocks]))
    (folder / "outputs.tf").write_text("\n".join([HEAD, *outputs]))
    (folder / "parameters.tf").write_text("\n".join([HEAD, write_parameters(list(parameters))]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
