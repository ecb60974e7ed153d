"""What step 11 would cost if every first hit invalidated its redirect."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.costs.transcoder import price_transcoder

if TYPE_CHECKING:
    from lab.costs.month import Month

LINE = "cloudfront_invalidations"


def find_break_even(month: Month) -> float | None:
    """Return from how many first hits on the invalidations cost more than all else, or None where they never do.

    Bisects between none and as many as there are misses: both sides grow with first hits, invalidations faster.
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
    """Return what one more first hit costs without its view and without step 11, in USD, beyond what is free."""
    paid = replace(month, free_tier=False, invalidation_budget=0)
    more = replace(paid, new_derivatives=paid.new_derivatives * 1.01)
    hits = more.new_derivatives - paid.new_derivatives
    return (price_transcoder(more).dollars - price_transcoder(paid).dollars) / hits
