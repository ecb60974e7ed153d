"""Adds to the emulator's CloudFormation: two resource types, and the region in conditions.

The launcher imports it in the emulator's own virtual environment.
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


def create_query(logical_id: str, properties: dict[str, Any], stack: str) -> Created:
    """Create an AWS::Logs::QueryDefinition: its log groups must exist; nothing is stored.

    Raises ValueError, which fails the deployment.
    """
    missing = set(properties.get("LogGroupNames", ())) - set(cloudwatch_logs._log_groups)  # noqa: SLF001 - there is no public interface
    if missing or not properties.get("Name") or not properties.get("QueryString"):
        raise ValueError(f"AWS::Logs::QueryDefinition: Name, QueryString or log groups {sorted(missing)} are missing")
    return f"{stack}-{logical_id}", {}


def create_subscription(_logical_id: str, properties: dict[str, Any], _stack: str) -> Created:
    """Create an AWS::CloudFront::MonitoringSubscription, which only the emulator's CloudFront supports."""
    identifier = str(properties["DistributionId"])
    settings = properties["MonitoringSubscription"]["RealtimeMetricsSubscriptionConfig"]
    cloudfront._distributions[identifier]["MonitoringSubscription"] = settings  # noqa: SLF001 - as above
    return identifier, {}


def add_region(evaluate: Conditions) -> Conditions:
    """Wrap the evaluation of a template's conditions: add the pseudo parameter AWS::Region."""

    def evaluate_conditions(template: dict[str, Any], parameters: dict[str, Any]) -> dict[str, bool]:
        return evaluate(template, {"AWS::Region": {"Value": get_region()}, **parameters})

    return evaluate_conditions


def complete_cloudformation() -> None:
    """Add all of this; an update creates a resource of these types again."""
    for kind, create in (
        ("AWS::Logs::QueryDefinition", create_query),
        ("AWS::CloudFront::MonitoringSubscription", create_subscription),
    ):
        provisioners._RESOURCE_HANDLERS[kind] = {  # noqa: SLF001 - as above
            "create": create,
            "update": lambda identifier, _old, new, stack, create=create: (
                identifier,
                create(identifier, new, stack)[1],
            ),
            "delete": lambda *_arguments: None,
        }
    for module in (changesets, handlers, stacks):  # each has imported the function
        module._evaluate_conditions = add_region(module._evaluate_conditions)  # noqa: SLF001 - as above
