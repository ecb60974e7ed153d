"""The same month with other designs: each renders anew whatever the edge does not have, and keeps no derivative.

Facts of AWS's Dynamic Image Transformation for Amazon CloudFront are of its public repository, in the versions of
early 2026: its Lambda architecture has 1,024 MB behind a REST API and no edge function; its ECS architecture runs at
least so many Fargate tasks behind a load balancer in a VPC, one edge function, and CloudFront's extra metrics.
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
"""How long another design waits for the one object that it reads; an assumption."""
LOG_BYTES = 1_000
"""Of a render in another design, with Lambda's own lines; an assumption."""
PEAK = 3
"""The busiest hour against the mean one; an assumption. A container has to be there for it, Lambda comes with it."""
TARGET = 0.7
"""Share of a CPU at which tasks are added: what Dynamic Image Transformation scales out at."""
RULE_EVALUATIONS = 1_000 * 3_600
"""Requests that one LCU-hour covers: https://aws.amazon.com/elasticloadbalancing/pricing/"""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Containers that are always on."""

    design: str
    tasks: int
    """At least so many."""
    cpus: float
    memory_gb: float
    addresses: int
    """Public ones of the load balancer; each task has one as well."""
    functions: int = 0
    """Edge functions for each request."""
    metrics: int = 0


DIT_SMALL = Fleet("Dynamic Image Transformation, ECS small", 2, 1, 2, addresses=0, functions=1, metrics=8)
CONTAINER = Fleet("imgproxy or thumbor, always on", 2, 1, 2, addresses=2)


def price_unbounded(month: Month) -> Bill:
    """Return the bill of this service with an invalidation for each first hit."""
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
    """Return the bill of containers that are always on."""
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
    """Return how many tasks the busiest hour takes; all month long, since a mean of them would be a guess too many."""
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
