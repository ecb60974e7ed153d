"""What there is in an account, by kind: each kind of resource that this project's stack has, and SAM's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jmespath

if TYPE_CHECKING:
    from .deployer import Deployer

KINDS = {
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
    "api": ("apigateway", "get_rest_apis", "items[].name"),
    "bucket": ("s3", "list_buckets", "Buckets[].Name"),
    "cache policy": ("cloudfront", "list_cache_policies", "CachePolicyList.Items[?Type=='custom'].CachePolicy.Id"),
    "dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName"),
    "distribution": ("cloudfront", "list_distributions", "DistributionList.Items[].Id"),
    "edge function": ("cloudfront", "list_functions", "FunctionList.Items[].Name"),
    "event source": ("lambda", "list_event_source_mappings", "EventSourceMappings[].UUID"),
    "function": ("lambda", "list_functions", "Functions[].FunctionName"),
    "log group": ("logs", "describe_log_groups", "logGroups[].logGroupName"),
    "queue": ("sqs", "list_queues", "QueueUrls[]"),
    "repository": ("ecr", "describe_repositories", "repositories[].repositoryName"),
    "response headers policy": (
        "cloudfront",
        "list_response_headers_policies",
        "ResponseHeadersPolicyList.Items[?Type=='custom'].ResponseHeadersPolicy.Id",
    ),
    "role": ("iam", "list_roles", "Roles[].RoleName"),
    "schedule": ("events", "list_rules", "Rules[].Name"),
    "settings": ("appconfig", "list_applications", "Items[].Name"),
    "stack": ("cloudformation", "describe_stacks", "Stacks[].StackName"),
    "table": ("dynamodb", "list_tables", "TableNames[]"),
}


def take_inventory(deployer: Deployer) -> dict[str, set[str]]:
    """Return the names of all resources by their kind."""
    return {
        kind: set(jmespath.search(names, getattr(deployer.client(service), operation)()) or ())
        for kind, (service, operation, names) in KINDS.items()
    }
