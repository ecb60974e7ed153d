"""The one file of prices, and how a price is charged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from lab.costs.prices import Price, read_prices

if TYPE_CHECKING:
    from pathlib import Path

TIERED = Price("thing", ((10, 3.0), (20, 2.0), (math.inf, 1.0)), free=5, source="", evidence="")


@pytest.mark.parametrize(
    ("quantity", "dollars"),
    [
        (0, 0),
        (5, 0),
        (6, 3),  # one beyond the five that are free
        (15, 30),  # 10 x 3
        (16, 32),  # 10 x 3 + 1 x 2
        (40, 75),  # 10 x 3 + 20 x 2 + 5 x 1
    ],
)
def test_free_units_are_deducted_first_and_the_rest_fills_the_tiers(quantity: float, dollars: float) -> None:
    assert TIERED.charge(quantity) == dollars


def test_without_a_free_tier_the_first_unit_costs() -> None:
    assert TIERED.charge(5, free_tier=False) == 15


def test_every_price_names_its_source_and_how_it_is_known() -> None:
    prices = read_prices()
    assert len(prices) > 25
    for name, price in prices.items():
        assert price.source.startswith("https://"), name
        assert price.evidence.split()[0].strip(":;,") in {"vendor", "third-party", "recalled"}, name


def test_later_tiers_are_not_dearer() -> None:
    for name, price in read_prices().items():
        dollars = [dollars for _, dollars in price.tiers]
        assert dollars == sorted(dollars, reverse=True), name


@pytest.mark.parametrize("tiers", ["[]", "[[10, 1.0]]", "[[inf, -1.0]]", "[[0, 1.0], [inf, 1.0]]"])
def test_a_malformed_price_is_an_error(tmp_path: Path, tiers: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(f'[thing]\nunit = "thing"\ntiers = {tiers}\nsource = ""\nevidence = ""\n')
    with pytest.raises(ValueError, match="thing: tiers must have positive sizes"):
        read_prices(path)
