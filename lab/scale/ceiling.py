"""The traffic at which a quota is met."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lab.scale.quotas import measure_use
from lab.scale.simulation import simulate

if TYPE_CHECKING:
    from lab.scale.quotas import Quota
    from lab.scale.scenario import Scenario

LOWEST, HIGHEST = 0.0, 7.0
"""Range of the search, in powers of ten of views a second."""
ROUNDS = 12
"""Steps of the bisection: to half a per cent."""
DAYS = 1
"""At most one day is simulated: misses and first hits are highest while everything is new."""


def find_ceiling(quota: Quota, scenario: Scenario) -> float | None:
    """Return the views a second at which a quota is met, or None if ten million do not meet it."""
    if not _meets(quota, scenario, HIGHEST):
        return None
    low, high = LOWEST, HIGHEST
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (low, middle) if _meets(quota, scenario, middle) else (middle, high)
    return 10**high


def _meets(quota: Quota, scenario: Scenario, power: float) -> bool:
    busy = replace(scenario, requests=10**power, days=min(scenario.days, DAYS))
    return measure_use(simulate(busy), busy, (quota,))[0].met is not None
