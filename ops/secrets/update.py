"""Changes parameters of a deployed stack, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.errors import CommandFailed
from ops.stack import describe_stack, no_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.stack import Target

POLL_SECONDS: float = 15


def update_parameters(target: Target, values: Mapping[str, str]) -> None:
    """Give parameters new values, and wait for the end of the update: the distribution takes minutes.

    Raises CommandFailed, and WaiterError for an update that is rolled back.
    """
    formation = target.aws.client("cloudformation")
    stack = describe_stack(formation, target.name)
    if stack is None:
        raise CommandFailed(no_stack(target, formation.meta.region_name))
    names = {item["ParameterKey"] for item in stack.get("Parameters", [])}
    if missing := set(values) - names:
        raise CommandFailed(f"stack {target.name!r} has no parameter {min(missing)}. Run `make deploy` first")
    formation.update_stack(
        StackName=target.name,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            *({"ParameterKey": name, "ParameterValue": value} for name, value in values.items()),
            *({"ParameterKey": name, "UsePreviousValue": True} for name in sorted(names - set(values))),
        ],
    )
    waiter = formation.get_waiter("stack_update_complete")
    waiter.wait(StackName=target.name, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": int(3600 / POLL_SECONDS)})
