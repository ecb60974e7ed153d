from __future__ import annotations

import pytest

from lab.benchmarks.load.__main__ import Load, format_row
from lab.benchmarks.load.client import Response, percentile
from lab.benchmarks.load.herd import Herd
from lab.benchmarks.load.memory import list_transforms


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.5) == 7


def test_a_herd_counts_each_render_once_and_failed_requests() -> None:
    collapsed = (Response(200, 0.1, "first"), Response(200, 0.2, "first"), Response(200, 0.3))
    raced = (Response(200, 0.1, "second"), Response(200, 0.1, "third"), Response(0, 0.4))
    row = str(Herd("direct", 3, (collapsed, raced)))
    assert row == "| direct | 3 | 2 | 1 to 2 | 1 | 100 | 400 | 400 | 400 |"


def test_ten_thousand_transforms_are_all_different_and_valid_sizes() -> None:
    transforms = list_transforms(10_000)
    assert len({transform.partition(",f=")[0] for transform in transforms}) == 10_000
    assert {transform.rpartition("=")[2] for transform in transforms} == {"jpeg", "webp", "png", "gif"}


def test_more_transforms_than_sizes_are_an_error() -> None:
    with pytest.raises(ValueError, match="there are only 10201 sizes"):
        list_transforms(10_202)


def test_a_row_has_users_failures_throughput_and_latencies() -> None:
    row = {
        "Name": "Aggregated",
        "Request Count": "1234",
        "Failure Count": "5",
        "Requests/s": "123.44",
        "50%": "6",
        "95%": "70",
        "99%": "800",
    }
    assert format_row(Load(16, 60, 0, 10), row) == "| 16 | all | 1,234 | 5 | 123.4 | 6 | 70 | 800 |"
