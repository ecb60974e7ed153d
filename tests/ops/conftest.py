"""An AWS in memory with a CloudFormation that knows some stacks: moto's would need more packages."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ops.stack import Aws

if TYPE_CHECKING:
    from collections.abc import Callable


def error(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")


@dataclass
class Stacks:
    """CloudFormation; `outputs`, `parameters` and `statuses` are by the stack's name, the bucket is in each of them."""

    bucket: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    parameters: dict[str, list[str]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    protected: list[str] = field(default_factory=list)
    may_protect: bool = True
    template: str = ""
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="us-east-1"))

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        if StackName not in self.outputs:
            raise error(f"Stack with id {StackName} does not exist")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs[StackName].items()]
        parameters = [{"ParameterKey": key, "ParameterValue": "****"} for key in self.parameters.get(StackName, [])]
        status = self.statuses.get(StackName, "UPDATE_COMPLETE")
        return {"Stacks": [{"StackStatus": status, "Outputs": outputs, "Parameters": parameters}]}

    def update_termination_protection(self, *, StackName: str, EnableTerminationProtection: bool) -> None:  # noqa: N803
        if not self.may_protect:
            raise error("not authorized to perform: cloudformation:UpdateTerminationProtection")
        assert EnableTerminationProtection
        self.protected.append(StackName)

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": self.template}

    def describe_stack_resource(self, **_: str) -> dict[str, Any]:
        return {"StackResourceDetail": {"PhysicalResourceId": self.bucket}}


@pytest.fixture
def stacks(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """Let commands see these stacks, and moto's AWS for all else."""
    stacks = Stacks()

    def client(_: Aws, service: str, _config: Any = None) -> Any:
        return stacks if service == "cloudformation" else aws(service)

    monkeypatch.setattr(Aws, "client", client)
    return stacks
