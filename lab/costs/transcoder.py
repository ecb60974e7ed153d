"""The bill of this service for a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.costs.bill import Bill, write_bill
from lab.costs.events import (
    COUNTED_INVALIDATION,
    EXPIRED_VERSION,
    FIRST_HIT,
    INSPECTED_DERIVATIVE,
    INSPECTED_ORIGINAL,
    NEW_ORIGINAL,
    PIECE,
    RECONCILIATION,
    WATERMARK,
    Calls,
    change,
)
from lab.costs.month import GB, SECONDS

if TYPE_CHECKING:
    from lab.costs.month import Month

DESIGN = "Cloud Image Transcoder"

WHOLE_CPU_MB = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: memory with one whole CPU."""
COPY_MB = 256
"""MemorySize of CopyFunction in the template."""
HEADER_BYTES = 1_000
"""Headers of a response, which CloudFront bills too; measured at the local edge and rounded up."""
ROW_BYTES = 300
"""A row of the index, including DynamoDB's 100 bytes of overhead."""
PIECE_SECONDS = 30
"""Duration of a piece of a reconciliation: functions/copier/reconciliation_run.py."""
SCANNED_BYTES = 8_192
"""Bytes of the table that one read unit scans, eventually consistent."""
FUNCTION_CALLS = 2
"""Viewer request and viewer response, for each request."""
MESSAGE_REQUESTS = 3
"""SQS requests of a message: send, receive, delete. Up to ten messages can share a receive; none are assumed to."""
IDLE_RECEIVES = 5 * SECONDS / 20
"""Lambda polls an idle queue with five long polls of 20 s:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""
OWN_METRICS = 52
"""Metrics of the functions, by name and dimensions, as if each of them were sent every hour."""
ALARMS = 5
DASHBOARDS = 1
IMAGES_GB = 0.5
"""Both container images in ECR, with one earlier version of each."""
SAMPLED_PER_SECOND = 1
SAMPLED_SHARE = 0.05
"""X-Ray's default rule: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html"""


def price_transcoder(month: Month, design: str = DESIGN) -> Bill:
    """Return the bill of a month."""
    return write_bill(design, measure_usage(month), free_tier=month.free_tier)


def measure_usage(month: Month) -> dict[str, float]:
    """Return the quantities of a month, by name of price."""
    events = count_calls(month)
    calls = events + count_reconciliations(month)
    return {
        **_measure_edge(month, calls),
        "s3_writes": calls.s3_writes,
        "s3_reads": calls.s3_reads + month.misses,  # the website is read at each miss
        "s3_storage": count_stored_bytes(month) / GB,
        "s3_tags": month.stored_originals + month.stored_derivatives,
        "api_gateway_requests": month.new_derivatives,
        "lambda_requests": month.new_derivatives + calls.messages,
        "lambda_duration": count_resize_gb_seconds(month)
        + (events.messages * month.copy_ms + count_inspected(month) * month.inspect_ms) / 1000 * COPY_MB / 1024,
        **_measure_index(month, calls),
        "sqs_requests": calls.messages * MESSAGE_REQUESTS + IDLE_RECEIVES,
        **_measure_monitoring(month, calls),
        "ecr_storage": IMAGES_GB,
    }


def count_calls(month: Month) -> Calls:
    """Return the billed calls of both functions, without reconciliations."""
    budget = month.invalidation_budget if month.redirects else 0
    counted = COUNTED_INVALIDATION * (month.new_derivatives if budget else 0)
    redirects = Calls(paths=min(budget, month.new_derivatives))
    return (
        (FIRST_HIT + WATERMARK * month.watermarked) * month.new_derivatives
        + counted
        + redirects
        + NEW_ORIGINAL * month.new_originals
        + (change(month.variants, month.variants * month.watermarked) + EXPIRED_VERSION) * month.changed_originals
    )


def count_inspected(month: Month) -> float:
    """Return the number of keys that the reconciliations of a month inspect."""
    return (month.stored_originals + month.stored_derivatives) * month.reconciliations


def count_reconciliations(month: Month) -> Calls:
    """Return the billed calls of reconciliations without differences."""
    pieces = count_inspected(month) * month.inspect_ms / 1000 / PIECE_SECONDS
    table = (month.stored_originals + month.stored_derivatives) * ROW_BYTES / SCANNED_BYTES
    once = (
        RECONCILIATION
        + INSPECTED_ORIGINAL * month.stored_originals
        + INSPECTED_DERIVATIVE * month.stored_derivatives
        + Calls(dynamodb_reads=table)
    )
    return once * month.reconciliations + PIECE * pieces


def count_render_ms(month: Month) -> float:
    """Return the time of the resize function for a first hit, including cold starts; less than one CPU takes longer."""
    return (
        month.render_cpu_ms * max(WHOLE_CPU_MB / month.memory_mb, 1) + month.wait_ms + month.cold_share * month.init_ms
    )


def count_resize_gb_seconds(month: Month) -> float:
    """Return the billed GB-seconds of the resize function."""
    return month.new_derivatives * count_render_ms(month) / 1000 * month.memory_mb / 1024


def count_stored_bytes(month: Month) -> float:
    """Return the bytes in both buckets: originals twice, old versions of changed ones, and derivatives."""
    originals = month.stored_originals * 2 + month.changed_originals * month.noncurrent_days / 30
    return originals * month.original_bytes + month.stored_derivatives * month.derivative_bytes


def _measure_edge(month: Month, calls: Calls) -> dict[str, float]:
    followed = month.new_derivatives if month.redirects else 0  # a first hit follows the redirect
    requests = month.views + followed
    sent = month.views * (month.derivative_bytes + HEADER_BYTES) + followed * HEADER_BYTES
    return {
        "cloudfront_requests": requests,
        "cloudfront_data": sent / GB,
        "cloudfront_functions": requests * FUNCTION_CALLS,
        "cloudfront_invalidations": calls.paths,
    }


def _measure_index(month: Month, calls: Calls) -> dict[str, float]:
    held = (month.stored_originals + month.stored_derivatives) * ROW_BYTES / GB
    return {
        "dynamodb_writes": calls.dynamodb_writes,
        "dynamodb_reads": calls.dynamodb_reads,
        "dynamodb_storage": held,
        "dynamodb_backup": held,
    }


def _measure_monitoring(month: Month, calls: Calls) -> dict[str, float]:
    written = calls.log_bytes / GB
    invocations = month.new_derivatives + calls.messages
    always = min(invocations, SAMPLED_PER_SECOND * SECONDS)
    traces = always + SAMPLED_SHARE * (invocations - always) if month.traced else 0
    return {
        "logs_ingestion": written,
        "logs_storage": written * month.log_retention_days / 30,
        "custom_metrics": OWN_METRICS,
        "alarms": ALARMS,
        "dashboards": DASHBOARDS,
        "xray_traces": traces,
    }
