"""`make cost` on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.costs.__main__ import main, read_month
from lab.costs.month import Month

if TYPE_CHECKING:
    import pytest


def test_options_describe_the_month_and_times_scales_it() -> None:
    assert read_month(["--hit-ratio", "0.5", "--no-free-tier"]) == Month(hit_ratio=0.5, free_tier=False)
    assert read_month(["--times", "10"]) == Month().scaled(10)
    assert read_month(["--times", "10"]).views == 100_000_000


def test_the_bill_and_its_rivals_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    for text in ("cloudfront_invalidations", "lambda_duration", "imgproxy", "For a thousand views"):
        assert text in printed


def test_a_month_that_cannot_be_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--hit-ratio", "2"]) == 2
    assert capsys.readouterr().err == "cost: hit_ratio, cold_share and watermarked are shares: at most 1\n"
