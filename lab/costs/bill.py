"""The bill of a month."""

from __future__ import annotations

from dataclasses import dataclass

from lab.costs.prices import read_prices


@dataclass(frozen=True, slots=True)
class Line:
    """The quantity used at one price, and its cost in USD."""

    price: str
    quantity: float
    dollars: float


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill of one design for a month."""

    design: str
    lines: tuple[Line, ...]

    @property
    def dollars(self) -> float:
        """The sum, in USD."""
        return sum(line.dollars for line in self.lines)

    def without(self, *prices: str) -> float:
        """Return the sum of all other lines, in USD."""
        return sum(line.dollars for line in self.lines if line.price not in prices)

    def line(self, price: str) -> Line:
        """Return the line of a price. Raises KeyError if there is none."""
        found = {line.price: line for line in self.lines}
        return found[price]


def write_bill(design: str, usage: dict[str, float], *, free_tier: bool) -> Bill:
    """Price quantities, given by the names of their prices. Raises KeyError for an unknown name."""
    prices = read_prices()
    return Bill(
        design,
        tuple(
            Line(name, quantity, prices[name].charge(quantity, free_tier=free_tier)) for name, quantity in usage.items()
        ),
    )
