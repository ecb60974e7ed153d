"""What the emulator's CloudFormation lacks: two types of resources, and the region in conditions.

It runs in the emulator's own virtual environment, whose launcher imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region  # type: ignore[import-not-found] # only there in that environment
from ministack.services import cloudfront, cloudwatch_logs  # type: ignore[import-not-found]
from ministack.services.cloudformation import (  # type: ignore[import-not-found]
    changesets,
    handlers,
    provisioners,
    stacks,
)

Conditions = Callable[[dict[str, Any], dict[str, Any]], dict[str, bool]]
Created = tuple[str, dict[str, Any]]
"""A resource's physical id, and its attributes."""


def make_query(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
    """Make an AWS::Logs::QueryDefinition: its log groups have to exist, and nothing else is kept of it.

    Raises ValueError, which ends the deployment.
    """
    missing = set(properties.get("LogGroupNames", ())) - set(cloudwatch_logs._log_groups)  # noqa: SLF001 - it offers no other way
    if missing or not properties.get("Name") or not properties.get("QueryString"):
        raise ValueError(f"AWS::Logs::QueryDefinition: no name, no query, or no log group {sorted(missing)}")
    return f"{stack}-{logical_id}", {}


def make_subscription(_logical_id: str, properties: dict[str, Any], _stack: str) -> Created:
    """Make an AWS::CloudFront::MonitoringSubscription: the emulator's CloudFront has them, its CloudFormation not."""
    identifier = str(properties["DistributionId"])
    settings = properties["MonitoringSubscription"]["RealtimeMetricsSubscriptionConfig"]
    cloudfront._distributions[identifier]["MonitoringSubscription"] = settings  # noqa: SLF001 - as above
    return identifier, {}


def add_region(evaluate: Conditions) -> Conditions:
    """Return the function that evaluates a template's conditions, with the pseudo parameter AWS::Region."""

    def evaluate_conditions(template: dict[str, Any], parameters: dict[str, Any]) -> dict[str, bool]:
        return evaluate(template, {"AWS::Region": {"Value": get_region()}, **parameters})

    return evaluate_conditions


def complete_cloudformation() -> None:
    """Add all of it; an update makes a resource of these types anew."""
    for kind, make in (
        ("AWS::Logs::QueryDefinition", make_query),
        ("AWS::CloudFront::MonitoringSubscription", make_subscription),
    ):
        provisioners._RESOURCE_HANDLERS[kind] = {  # noqa: SLF001 - as above
            "create": make,
            "update": lambda identifier, _old, new, stack, make=make: (identifier, make(identifier, new, stack)[1]),
            "delete": lambda *_arguments: None,
        }
    for module in (changesets, handlers, stacks):  # each has its own name for the function
        module._evaluate_conditions = add_region(module._evaluate_conditions)  # noqa: SLF001 - as above
