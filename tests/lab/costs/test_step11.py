"""Where step 11 would cost more than everything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.costs.footprint import measure_footprint
from lab.costs.month import Month
from lab.costs.step11 import find_break_even, price_first_hit
from lab.costs.transcoder import price_transcoder

MONTH = Month(free_tier=False)


def test_at_the_break_even_invalidations_cost_as_much_as_all_else() -> None:
    first_hits = find_break_even(MONTH)
    assert first_hits is not None
    at_it = replace(MONTH, invalidation_budget=float("inf"), new_derivatives=first_hits)
    bill = price_transcoder(at_it)
    line = bill.line("cloudfront_invalidations").dollars
    assert line == pytest.approx(bill.without("cloudfront_invalidations"), abs=0.01)


def test_with_no_misses_there_is_no_break_even() -> None:
    assert find_break_even(replace(MONTH, hit_ratio=1, new_derivatives=0, changed_originals=0)) is None


def test_one_more_first_hit_costs_as_computed_by_hand() -> None:
    month = replace(MONTH, render_cpu_ms=400, wait_ms=100, cold_share=0, memory_mb=2048)
    by_hand = (
        0.0000010  # the request that follows the redirect
        + 1_000 / 2**30 * 0.085  # the redirect's headers
        + 2 * 0.0000001  # edge functions
        + 3 * 0.0000004  # S3: derivative, original, original again
        + 0.000005  # S3: put
        + 0.0000035  # API Gateway
        + 0.0000002  # Lambda: invocation
        + 0.5 * 2 * 0.0000166667  # Lambda: half a second of 2 GB
        + 0.000000625  # DynamoDB: the row
        + 0.000000125  # DynamoDB: how many rows there are
        + 4_000 / 2**30 * 0.53  # logs
    )
    assert price_first_hit(month) == pytest.approx(by_hand, rel=1e-4)


def test_the_footprint_of_a_thousand_views_is_as_computed_by_hand() -> None:
    month = Month(1_000_000, 0.9, 10_000, 0, 0, 5, 10_000, 50_000, 2e6, 30_000, 400, 100, cold_share=0)
    footprint = measure_footprint(month)
    inspecting = 60_000 * 0.1 * 256 / 1769
    assert footprint.cpu_seconds == pytest.approx((10_000 * 0.5 + inspecting) / 1000)
    assert footprint.sent_mb == pytest.approx(1000 * 0.031 + 10 * 0.001)
    assert footprint.read_mb == pytest.approx(10 * 2)
    assert footprint.stored_mb == pytest.approx((2 * 10_000 * 2 + 50_000 * 0.03) / 1000)
