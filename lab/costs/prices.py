"""AWS's prices, read from prices.toml."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a unit. `tiers` are (units a month, USD a unit); `free` units a month cost nothing."""

    unit: str
    tiers: tuple[tuple[float, float], ...]
    free: float
    source: str
    evidence: str

    def charge(self, quantity: float, *, free_tier: bool = True) -> float:
        """Return the cost of a month in USD. Free units are deducted first, from the most expensive tier."""
        left = max(quantity - self.free, 0) if free_tier else quantity
        dollars = 0.0
        for size, price in self.tiers:
            taken = min(left, size)
            dollars += taken * price
            left -= taken
        return dollars


@cache
def read_prices(path: Path = PATH) -> Mapping[str, Price]:
    """Return all prices by name. Raises ValueError for a malformed one."""
    tables = tomllib.loads(path.read_text())
    return {name: _parse(name, table) for name, table in tables.items() if isinstance(table, dict)}


def _parse(name: str, table: dict[str, Any]) -> Price:
    tiers = tuple((float(size), float(price)) for size, price in table["tiers"])
    if not tiers or tiers[-1][0] != math.inf or any(size <= 0 or price < 0 for size, price in tiers):
        raise ValueError(f"{name}: tiers must have positive sizes, prices of at least 0, and inf as the last size")
    return Price(table["unit"], tiers, float(table.get("free", 0)), table["source"], table["evidence"])
