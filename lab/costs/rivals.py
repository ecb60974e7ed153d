"""The same month with other designs, which render at every miss of the edge and store no derivatives.

Facts about AWS's Dynamic Image Transformation for Amazon CloudFront are from its public repository, early 2026: the
Lambda architecture has 1,024 MB behind a REST API and no edge function; the ECS architecture has a minimum number of
Fargate tasks behind a load balancer in a VPC, one edge function, and CloudFront's additional metrics.
https://github.com/aws-solutions/dynamic-image-transformation-for-amazon-cloudfront
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lab.costs.bill import Bill, write_bill
from lab.costs.month import GB, HOURS, SECONDS
from lab.costs.transcoder import HEADER_BYTES, IMAGES_GB, WHOLE_CPU_MB, price_transcoder

if TYPE_CHECKING:
    from lab.costs.month import Month

DIT_MB = 1024
WAIT_MS = 50
"""Time that another design waits for the original, its only read; an assumption."""
LOG_BYTES = 1_000
"""Log bytes of a render in another design, with Lambda's own lines; an assumption."""
PEAK = 3
"""Traffic of the busiest hour, divided by the mean; an assumption. Containers must be sized for it."""
TARGET = 0.7
"""Share of a CPU at which tasks are added, as in Dynamic Image Transformation."""
RULE_EVALUATIONS = 1_000 * 3_600
"""Requests that one LCU-hour covers: https://aws.amazon.com/elasticloadbalancing/pricing/"""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Containers that always run."""

    design: str
    tasks: int
    """The minimum number."""
    cpus: float
    memory_gb: float
    addresses: int
    """Public IPv4 addresses of the load balancer; each task also has one."""
    functions: int = 0
    """Edge functions run for each request."""
    metrics: int = 0


DIT_SMALL = Fleet("Dynamic Image Transformation, ECS small", 2, 1, 2, addresses=0, functions=1, metrics=8)
CONTAINER = Fleet("imgproxy or thumbor, always on", 2, 1, 2, addresses=2)


def price_unbounded(month: Month) -> Bill:
    """Return the bill of this service without a budget: an invalidation for each first hit."""
    return price_transcoder(replace(month, invalidation_budget=math.inf), "Step 11 without a budget")


def price_dit_lambda(month: Month) -> Bill:
    """Return the bill of Dynamic Image Transformation's Lambda architecture."""
    milliseconds = month.render_cpu_ms * WHOLE_CPU_MB / DIT_MB + WAIT_MS + month.cold_share * month.init_ms
    usage = _measure_common(month) | {
        "api_gateway_requests": month.misses,
        "lambda_requests": month.misses,
        "lambda_duration": month.misses * milliseconds / 1000 * DIT_MB / 1024,
    }
    return write_bill("Dynamic Image Transformation, Lambda", usage, free_tier=month.free_tier)


def price_fleet(month: Month, fleet: Fleet) -> Bill:
    """Return the bill of containers that always run."""
    tasks = count_tasks(month, fleet)
    gigabytes = month.misses * (month.derivative_bytes + HEADER_BYTES) / GB
    usage = _measure_common(month) | {
        "cloudfront_functions": month.views * fleet.functions,
        "fargate_cpu": tasks * fleet.cpus * HOURS,
        "fargate_memory": tasks * fleet.memory_gb * HOURS,
        "alb_hours": HOURS,
        "alb_capacity": max(gigabytes, month.misses / RULE_EVALUATIONS),
        "public_addresses": (tasks + fleet.addresses) * HOURS,
        "custom_metrics": fleet.metrics,
        "ecr_storage": IMAGES_GB,
    }
    return write_bill(fleet.design, usage, free_tier=month.free_tier)


def count_tasks(month: Month, fleet: Fleet) -> int:
    """Return the number of tasks for the busiest hour, which run all month: autoscaling is not modelled."""
    cpus = month.misses * month.render_cpu_ms / 1000 / SECONDS * PEAK
    return max(fleet.tasks, math.ceil(cpus / (TARGET * fleet.cpus)))


def price_all(month: Month) -> tuple[Bill, ...]:
    """Return the bills of all designs, this one first."""
    return (
        price_transcoder(month),
        price_unbounded(month),
        price_dit_lambda(month),
        price_fleet(month, DIT_SMALL),
        price_fleet(month, CONTAINER),
    )


def _measure_common(month: Month) -> dict[str, float]:
    written = month.misses * LOG_BYTES / GB
    return {
        "cloudfront_requests": month.views,
        "cloudfront_data": month.views * (month.derivative_bytes + HEADER_BYTES) / GB,
        "s3_writes": month.new_originals + month.changed_originals,
        "s3_reads": month.misses,
        "s3_storage": month.stored_originals * month.original_bytes / GB,
        "logs_ingestion": written,
        "logs_storage": written * month.log_retention_days / 30,
    }
