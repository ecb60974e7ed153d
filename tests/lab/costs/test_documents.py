"""The tables of docs/cost.md and docs/scale.md are what `make cost` and `make simulate` print."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.costs.month import Month
from lab.costs.rivals import price_all
from lab.costs.step11 import find_break_even
from lab.costs.transcoder import price_transcoder
from lab.scale.__main__ import describe
from lab.scale.scenario import Scenario

DOCS = Path(__file__).parents[3] / "docs"
NEAR = 0.02
"""Smaller relative differences are accepted."""


def rows(document: str, header: str) -> list[list[str]]:
    """Return the cells of the table with this header."""
    lines = (DOCS / document).read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(header)) + 2
    table = lines[begin:]
    end = next((number for number, line in enumerate(table) if not line.startswith("|")), len(table))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[:end]]


def number(text: str) -> float:
    return float(text.replace(",", "").strip("* "))


def test_the_months_of_other_designs_are_as_documented() -> None:
    table = rows("cost.md", "| views a month |")
    assert len(table) == 5
    for views, *dollars in table:
        month = Month().scaled(number(views) / Month().views)
        expected = [bill.dollars for bill in price_all(month)]
        assert [number(cell) for cell in dollars] == pytest.approx(expected, rel=NEAR, abs=0.01), views


def test_the_sum_of_the_documented_month_is_its_bill() -> None:
    *lines, total = rows("cost.md", "| line | quantity | USD |")
    assert number(total[2]) == pytest.approx(price_transcoder(Month()).dollars, rel=NEAR)
    assert sum(number(line[2]) for line in lines) == pytest.approx(number(total[2]), abs=0.05)


@pytest.mark.parametrize(("times", "documented"), [(0.01, "3,541"), (1, "4,120"), (10, "59,543"), (100, "730,792")])
def test_the_break_evens_are_as_documented(times: float, documented: str) -> None:
    assert documented in (DOCS / "cost.md").read_text()
    assert find_break_even(Month().scaled(times)) == pytest.approx(number(documented), rel=NEAR)


def test_the_simulated_services_are_as_documented() -> None:
    table = rows("scale.md", "| images | views/s |")
    lines = describe(Scenario())
    printed = [next(lines) for _ in range(len(table) + 2)][2:]
    for documented, line in zip(table, printed, strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert documented[5] == cells[5], documented
        assert [number(cell) for cell in documented[:4]] == pytest.approx(
            [number(cell) for cell in cells[:4]], rel=NEAR
        ), documented
