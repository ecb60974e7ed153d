"""Print the bill of a month, line by line, and the totals of the same month with other designs."""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from lab.arguments import Parser, number, option
from lab.costs.footprint import measure_footprint
from lab.costs.month import HELP, Month
from lab.costs.prices import read_prices
from lab.costs.rivals import price_all
from lab.costs.step11 import find_break_even, price_first_hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.costs.bill import Bill


def main(arguments: Sequence[str]) -> int:
    """Print the bills of a month, and return the exit status: 2 for an impossible month."""
    try:
        month = read_month(arguments)
    except ValueError as error:
        print(f"make cost: {error} (--help lists the options)", file=sys.stderr)
        return 2
    print("\n".join(describe(month)))
    return 0


def read_month(arguments: Sequence[str]) -> Month:
    """Return the month of the options. Raises ValueError for an impossible month."""
    parser = Parser("make cost", __doc__)
    for field in fields(Month):
        flag = option(field.name)
        if isinstance(field.default, bool):
            parser.add_argument(
                flag, action=argparse.BooleanOptionalAction, default=field.default, help=HELP[field.name]
            )
        else:
            shown = f"{HELP[field.name]} (default: {field.default:,.10g})"
            parser.add_argument(flag, type=number, metavar="N", default=field.default, help=shown)
    parser.add_argument("--times", type=number, metavar="N", default=1, help="multiply traffic and stored objects by N")
    options = vars(parser.parse_args(arguments))
    times = options.pop("times")
    if not 0 < times < float("inf"):
        raise ValueError(f"--times is {times:g}, and must be a number above 0")
    month = Month(**options).scaled(times)
    if not month.views:
        raise ValueError("--views must be above 0")
    return month


def describe(month: Month) -> list[str]:
    """Return the lines that `make cost` prints."""
    bills = price_all(month)
    return [
        *_describe_traffic(month),
        "",
        *_describe_bill(bills[0]),
        "",
        "The same month with other designs",
        *(f"  {bill.design:<44} {bill.dollars:>14,.2f}" for bill in bills),
        "",
        *_describe_step_11(month),
        "",
        *_describe_footprint(month),
    ]


def _describe_traffic(month: Month) -> list[str]:
    return [
        f"A month of {month.views:,.0f} views, {month.hit_ratio:.0%} of them served by the edge,",
        f"{month.new_derivatives:,.0f} first hits,",
        f"{month.new_originals:,.0f} new and {month.changed_originals:,.0f} changed originals",
    ]


def _describe_step_11(month: Month) -> list[str]:
    break_even = find_break_even(month)
    more = "invalidations would cost more than everything else"
    when = f"{more} from {break_even:,.0f} first hits on" if break_even else f"{more} at no number of first hits"
    return [
        f"One more first hit: USD {price_first_hit(month):.7f}; its invalidation: USD 0.005",
        f"Without a budget, {when}",
    ]


def _describe_footprint(month: Month) -> list[str]:
    footprint = measure_footprint(month)
    return [
        f"For a thousand views: {footprint.cpu_seconds:.2f} CPU-seconds, {footprint.sent_mb:,.1f} MB sent to viewers,",
        f"{footprint.read_mb:,.1f} MB read by functions, {footprint.stored_mb:,.1f} MB stored",
    ]


def _describe_bill(bill: Bill) -> list[str]:
    prices = read_prices()
    rows = [
        f"  {line.price:<26} {line.quantity:>18,.2f}  {line.dollars:>12,.2f}  {prices[line.price].unit}"
        for line in bill.lines
    ]
    return [
        f"  {'':<26} {'quantity':>18}  {'USD':>12}  unit",
        *rows,
        f"  {'total':<26} {'':>18}  {bill.dollars:>12,.2f}",
    ]


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make cost | head`
    sys.exit(main(sys.argv[1:]))
