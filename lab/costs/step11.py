"""The cost of step 11 without a budget: every first hit invalidates its redirect."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.costs.transcoder import price_transcoder

if TYPE_CHECKING:
    from lab.costs.month import Month

LINE = "cloudfront_invalidations"


def find_break_even(month: Month) -> float | None:
    """Return the number of first hits from which on invalidations cost more than everything else, or None.

    Bisects from 0 to the number of misses: both costs grow with first hits, invalidations faster.
    """

    def excess(first_hits: float) -> float:
        bill = price_transcoder(replace(month, invalidation_budget=math.inf, new_derivatives=first_hits))
        return bill.line(LINE).dollars - bill.without(LINE)

    low, high = 0.0, month.misses
    if excess(high) <= 0:
        return None
    while high - low > 1:
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) > 0 else (middle, high)
    return high


def price_first_hit(month: Month) -> float:
    """Return the cost of one more first hit in USD: without its view, step 11 and the free tier."""
    paid = replace(month, free_tier=False, invalidation_budget=0)
    more = replace(paid, new_derivatives=paid.new_derivatives * 1.01)
    hits = more.new_derivatives - paid.new_derivatives
    return (price_transcoder(more).dollars - price_transcoder(paid).dollars) / hits
