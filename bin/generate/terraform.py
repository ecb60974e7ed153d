"""Terraform's variables, outputs and parameters, from those of template.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEAD = "# Generated from template.yaml by `make generate`.\n"


def to_snake(name: str) -> str:
    """Return Terraform's spelling of a CloudFormation name: LogLevel is log_level."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def quote(text: str) -> str:
    """Return a string of Terraform's language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'


def find_conditions(name: str, parameter: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the conditions of a parameter, each with its error message."""
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


def write_files(template: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of infrastructure/terraform/ by file name."""
    parameters = template["Parameters"]
    variables = [write_variable(name, parameter) for name, parameter in parameters.items()]
    outputs = [write_output(name, output) for name, output in template["Outputs"].items()]
    return {
        "variables.tf": "\n".join([HEAD, *variables]),
        "outputs.tf": "\n".join([HEAD, *outputs]),
        "parameters.tf": "\n".join([HEAD, write_parameters(list(parameters))]),
    }
