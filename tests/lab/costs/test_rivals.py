"""The other designs' bills by hand, and the assumptions of the comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.costs.month import Month
from lab.costs.rivals import (
    CONTAINER,
    DIT_SMALL,
    count_tasks,
    price_all,
    price_dit_lambda,
    price_fleet,
    price_unbounded,
)
from lab.costs.transcoder import price_transcoder
from months import MONTH as SMALL

MONTH = replace(SMALL, changed_originals=0, wait_ms=120, memory_mb=1769)
COMMON = {
    "cloudfront_requests": 100 * 0.0100,
    "cloudfront_data": 28.8710 * 0.085,  # 1,000,000 x 31,000 bytes
    "s3_writes": 1 * 0.005,
    "s3_reads": 100 * 0.0004,  # each of 100,000 misses reads the original
    "s3_storage": 9.7656 * 0.023,  # originals once, and no derivatives
    "logs_ingestion": 0.093132 * 0.50,  # 100,000 x 1,000 bytes
    "logs_storage": 0.093132 * 0.03,
}


def test_dynamic_image_transformation_renders_every_miss() -> None:
    by_hand = COMMON | {
        "api_gateway_requests": 0.1 * 3.50,
        "lambda_requests": 0.1 * 0.20,
        # 1,024 MB have 1024/1769 of a CPU: 400 ms become 691.016, and 50 ms of waiting: 100,000 x 0.741016 s x 1 GB
        "lambda_duration": 74_101.6 * 0.0000166667,
    }
    bill = price_dit_lambda(MONTH)
    assert {line.price: line.dollars for line in bill.lines} == pytest.approx(by_hand, rel=1e-4)


def test_a_container_costs_the_same_without_requests() -> None:
    # two tasks of 1 vCPU and 2 GB for 720 hours; addresses of both and of a load balancer in two zones
    by_hand = {
        "fargate_cpu": 2 * 720 * 0.04048,
        "fargate_memory": 4 * 720 * 0.004445,
        "alb_hours": 720 * 0.0225,
        "public_addresses": 4 * 720 * 0.005,
        "ecr_storage": 0.05,
    }
    idle = Month().scaled(0)
    paid = {line.price: line.dollars for line in price_fleet(idle, CONTAINER).lines if line.dollars}
    assert paid == pytest.approx(by_hand)


def test_a_fleet_grows_with_the_busiest_hour() -> None:
    assert count_tasks(MONTH, DIT_SMALL) == 2
    # 100 million misses x 0.4 s in 2,592,000 s are 15.43 CPUs, times 3 in the busiest hour, at 70 %: 66.1
    assert count_tasks(replace(MONTH, views=1e9), DIT_SMALL) == 67


def test_an_unbounded_step_11_costs_half_a_cent_more_for_each_first_hit_beyond_the_budget() -> None:
    assert price_unbounded(MONTH).dollars - price_transcoder(MONTH).dollars == pytest.approx((10_000 - 500) * 0.005)


def test_every_design_serves_the_same_views() -> None:
    requests = [bill.line("cloudfront_requests").quantity for bill in price_all(MONTH)]
    assert requests == [1_010_000, 1_010_000, 1_000_000, 1_000_000, 1_000_000]  # only redirects are followed
