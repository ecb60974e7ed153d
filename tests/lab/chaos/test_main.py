"""`make chaos` on the command line."""

from __future__ import annotations

import pytest

from lab.chaos.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--faults", "1,x"], "--faults: '1,x' is not a list of percentages, for example 0,1,5"),
        (["--faults", "100"], "--faults: a percentage must be from 0 to below 100"),
        (["--outage", "s3,ec2"], "--outage: unknown service 'ec2' (known: s3,dynamodb,cloudfront,sqs)"),
        (["--operations", "many"], "--operations: invalid int value: 'many'"),
        (["--operations", "-1"], "--operations must not be negative"),
        (["--nope"], "unrecognized arguments: --nope"),
    ],
)
def test_a_wrong_option_is_one_line_and_status_2(
    arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"make chaos: {error} (--help lists the options)\n"


@pytest.mark.parametrize("arguments", [["--operations", "0"], ["--faults", "", "--outage", ""]])
def test_a_run_that_tests_nothing_fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    assert "nothing was tested" in capsys.readouterr().err
