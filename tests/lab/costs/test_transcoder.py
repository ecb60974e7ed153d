"""This service's bill, against months that were computed by hand from the pages that prices.toml names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.costs.month import Month
from lab.costs.transcoder import price_transcoder
from months import MONTH

# A million views of 30 KB, 90 % of them from the edge, 10,000 first hits of 500 ms at 2,048 MB, 1,000 new and 100
# changed originals with 5 variants each. Four reconciliations inspect 60,000 objects each, in 200 pieces of 30 s.
BY_HAND = {
    # 1,000,000 views and 10,000 redirects that are followed, at USD 0.0100 for 10,000
    "cloudfront_requests": 101 * 0.0100,
    # 1,000,000 x (30,000 + 1,000) + 10,000 x 1,000 bytes = 31.01e9 bytes = 28.8803 GB, at 0.085
    "cloudfront_data": 28.8803 * 0.085,
    # two calls for each of 1,010,000 requests, at 0.10 a million
    "cloudfront_functions": 2.02 * 0.10,
    # 500 of the budget, and three for each of 100 changes, at 0.005
    "cloudfront_invalidations": 800 * 0.005,
    # a put for each of 10,000 first hits, a copy for each of 1,000 + 100 originals, two lists for each of 800 pieces,
    # at 0.005 for 1,000
    "s3_writes": 12.7 * 0.005,
    # 3 x 10,000 + 3 x 1,000 + 100 x (7 + 2 x 5 + 2) + 100,000 misses = 134,900, and by reconciliations 4 x (2 x
    # 10,000 + 50,000) = 280,000, at 0.0004 for 1,000
    "s3_reads": 414.9 * 0.0004,
    # (2 x 10,000 + 3 x 100) x 1 MB = 19.8242 GB, and 50,000 x 30,000 bytes = 1.3970 GB, at 0.023
    "s3_storage": (19.8242 + 1.3970) * 0.023,
    # 60,000 objects with one tag each, at 0.01 for 10,000
    "s3_tags": 6 * 0.01,
    "api_gateway_requests": 0.010 * 3.50,
    # 10,000 first hits, 1,000 new originals, three passes for each of 100 changes, and one more when its old version
    # expires, 4 x 201 messages: 12,204
    "lambda_requests": 0.012204 * 0.20,
    # 10,000 x 0.5 s x 2 GB = 10,000 GB-s, 1,400 passes x 0.2 s x 0.25 GB = 70 GB-s, 240,000 keys x 0.1 s x 0.25 GB =
    # 6,000 GB-s
    "lambda_duration": 16_070 * 0.0000166667,
    # 2 x 10,000 (row and counter) + 1,000 + 100 x (4 + 5) + 4 x 202 = 22,708, at 0.625 a million
    "dynamodb_writes": 0.022708 * 0.625,
    # 10,000 first hits, 1,000 + 4 x 100 passes over originals, 4 x (60,000 + 202) and 4 x 60,000 x 300 / 8,192 bytes:
    # 260,997, at 0.125 a million
    "dynamodb_reads": 0.260997 * 0.125,
    # 60,000 rows of 300 bytes = 0.016764 GB
    "dynamodb_storage": 0.016764 * 0.25,
    "dynamodb_backup": 0.016764 * 0.20,
    # 2,204 messages sent, received and deleted, and 5 x 3 idle polls a minute for 43,200 minutes: 654,612
    "sqs_requests": 0.654612 * 0.40,
    # 10,000 x 4,000 + 1,000 x 2,200 + 100 x (7,200 + 1,800) + 804 x 1,500 bytes = 44.306e6 = 0.041263 GB
    "logs_ingestion": 0.041263 * 0.50,
    "logs_storage": 0.041263 * 0.03,
    "custom_metrics": 52 * 0.30,
    "alarms": 5 * 0.10,
    "dashboards": 3.00,
    "xray_traces": 0,
    "ecr_storage": 0.5 * 0.10,
}


@pytest.mark.parametrize("line", BY_HAND)
def test_a_line_is_as_computed_by_hand(line: str) -> None:
    assert price_transcoder(MONTH).line(line).dollars == pytest.approx(BY_HAND[line], rel=1e-4)


def test_the_bill_has_these_lines_only_and_adds_them_up() -> None:
    bill = price_transcoder(MONTH)
    assert [line.price for line in bill.lines] == list(BY_HAND)
    # 1.01 + 2.4548 + 0.202 + 4.0 + 0.0635 + 0.1660 + 0.4881 + 0.06 + 0.035 + 0.0024 + 0.2678 + 0.0142 + 0.0326
    # + 0.0042 + 0.0034 + 0.2618 + 0.0206 + 0.0012 + 15.6 + 0.5 + 3 + 0.05
    assert bill.dollars == pytest.approx(28.2377, abs=0.0005)


def test_an_idle_month_is_free_but_for_metrics_and_images() -> None:
    idle = Month().scaled(0)
    paid = {line.price: line.dollars for line in price_transcoder(idle).lines if line.dollars > 0.0001}
    # 52 metrics, of which ten are free: an upper bound, since a metric costs only in hours in which it came
    assert paid == {"custom_metrics": 42 * 0.30, "ecr_storage": 0.05}


def test_watermarks_add_two_reads_and_a_write_to_a_first_hit_and_a_write_to_the_upkeep_of_a_variant() -> None:
    bills = [price_transcoder(replace(MONTH, watermarked=share)) for share in (0, 0.5)]
    more = {
        name: bills[1].line(name).quantity - bills[0].line(name).quantity for name in ("s3_reads", "dynamodb_writes")
    }
    variants = MONTH.variants * MONTH.changed_originals
    assert more == {
        "s3_reads": MONTH.new_derivatives,
        "dynamodb_writes": 0.5 * (MONTH.new_derivatives + variants),
    }


def test_traces_are_sampled_as_x_ray_does_by_default() -> None:
    # 10 million invocations in 2,592,000 seconds: one a second, and 5 % of the other 7,408,000
    busy = replace(MONTH, traced=True, views=2e8, new_derivatives=9_998_600, reconciliations=0)
    assert price_transcoder(busy).line("xray_traces").quantity == pytest.approx(2_592_000 + 0.05 * 7_408_000)


def test_without_a_budget_nothing_is_counted() -> None:
    none = price_transcoder(replace(MONTH, invalidation_budget=0))
    assert none.line("cloudfront_invalidations").quantity == 300
    assert none.line("dynamodb_writes").quantity == 22_708 - 10_000


def test_less_memory_than_a_whole_cpu_renders_more_slowly_and_more_does_not_render_faster() -> None:
    def seconds(megabytes: float) -> float:
        month = replace(MONTH, memory_mb=megabytes, new_originals=0, changed_originals=0, reconciliations=0)
        return price_transcoder(month).line("lambda_duration").quantity / (megabytes / 1024)

    assert seconds(1769) == pytest.approx(10_000 * 0.5)
    assert seconds(3538) == pytest.approx(10_000 * 0.5)
    assert seconds(884.5) == pytest.approx(10_000 * 0.9)  # twice 400 ms, and 100 ms of waiting


@pytest.mark.parametrize(
    "wrong", [{"views": -1}, {"hit_ratio": 1.1}, {"hit_ratio": float("nan")}, {"new_derivatives": 100_001}]
)
def test_an_impossible_month_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"of at least 0|share|misses"):
        replace(MONTH, **wrong)
