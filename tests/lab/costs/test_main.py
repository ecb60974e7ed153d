"""`make cost` on the command line."""

from __future__ import annotations

import pytest

from lab.costs.__main__ import main, read_month
from lab.costs.month import Month


def test_options_describe_the_month_and_times_scales_it() -> None:
    assert read_month(["--hit-ratio", "0.5", "--no-free-tier"]) == Month(hit_ratio=0.5, free_tier=False)
    assert read_month(["--times", "10"]) == Month().scaled(10)
    assert read_month(["--times", "10"]).views == 100_000_000


def test_the_bill_and_its_rivals_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    for text in ("cloudfront_invalidations", "lambda_duration", "imgproxy", "For a thousand views"):
        assert text in printed


@pytest.mark.parametrize(
    "arguments", [["--memory-mb", "0"], ["--views", "inf"], ["--times", "0"], ["--hit-ratio", "nan"]]
)
def test_a_month_without_a_price_is_an_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"make cost: {arguments[0]} ")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(["--views", "many"], "--views: 'many' is not a number"), (["--view", "1"], "unrecognized arguments: --view 1")],
)
def test_a_wrong_option_is_one_line_and_status_2(
    arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"make cost: {error} (--help lists the options)\n"


def test_every_option_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "share of views that the edge serves from its cache (default: 0.92)" in " ".join(
        capsys.readouterr().out.split()
    )


def test_an_impossible_month_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--hit-ratio", "2"]) == 2
    assert (
        capsys.readouterr().err
        == "make cost: --hit-ratio is 2, and must be a share from 0 to 1 (--help lists the options)\n"
    )
