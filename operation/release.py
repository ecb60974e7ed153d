"""What was deployed before a release, and the way back to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError
from samtranslator.yaml_helper import yaml_parse

from operation.deployed import Inoperable, find_stack

if TYPE_CHECKING:
    from pathlib import Path

MASK = "****"
"""What CloudFormation shows of a parameter with NoEcho."""
MAX_BODY = 51_200
"""The longest template that CloudFormation takes without a bucket, in bytes:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
PATIENCE = {"Delay": 10, "MaxAttempts": 360}
"""An hour: a distribution takes up to half of it."""


def remember(formation: Any, name: str, path: Path) -> bool:  # noqa: ANN401 - boto3's cloudformation client
    """Write what is deployed now, with its images by digest or tag; return False where nothing is."""
    stack = find_stack(formation, name)
    if stack is None:
        path.unlink(missing_ok=True)
        return False
    body = formation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    template = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"stack": name, "template": template, "parameters": stack.get("Parameters", []), "tags": stack["Tags"]}
    path.write_text(json.dumps(kept))
    return True


def roll_back(formation: Any, path: Path) -> str:  # noqa: ANN401 - as above
    """Deploy again what was remembered, and return the stack's status. Raises Inoperable."""
    try:
        kept = json.loads(path.read_text())
    except FileNotFoundError:
        raise Inoperable("Nothing was deployed before, as far as this machine knows.") from None
    try:
        formation.update_stack(
            StackName=kept["stack"],
            **choose_body(kept["template"]),
            Parameters=[_keep(parameter) for parameter in kept["parameters"]],
            Capabilities=CAPABILITIES,
            Tags=kept["tags"],
        )
        formation.get_waiter("stack_update_complete").wait(StackName=kept["stack"], WaiterConfig=PATIENCE)
    except ClientError as error:
        if "No updates are to be performed" not in error.response["Error"]["Message"]:
            raise
    except WaiterError as error:
        raise Inoperable(f"Going back failed too: {error}") from error
    return str(formation.describe_stacks(StackName=kept["stack"])["Stacks"][0]["StackStatus"])


def choose_body(template: str) -> dict[str, str]:
    """Return a template as an argument of CloudFormation's; a long one without what only people read.

    Raises Inoperable for one that is too long even so.
    """
    body = template if len(template.encode()) <= MAX_BODY else _drop_prose(template)
    if len(body.encode()) > MAX_BODY:
        raise Inoperable(f"The template has more than {MAX_BODY:,} bytes.")
    return {"TemplateBody": body}


def _drop_prose(template: str) -> str:
    parsed = yaml_parse(template)
    if not isinstance(parsed, dict):
        return template
    parsed.pop("Metadata", None)
    for item in (*parsed.get("Parameters", {}).values(), *parsed.get("Outputs", {}).values()):
        item.pop("Description", None)
        item.pop("ConstraintDescription", None)
    return json.dumps(parsed, separators=(",", ":"))


def _keep(parameter: dict[str, str]) -> dict[str, Any]:
    name, value = parameter["ParameterKey"], parameter["ParameterValue"]
    return {"ParameterKey": name, **({"UsePreviousValue": True} if value == MASK else {"ParameterValue": value})}
