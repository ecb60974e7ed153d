"""The simulation: the requests to a service in its first weeks.

Equally popular derivatives are one bin. Each time step draws, for each bin, the number of requested derivatives, of
misses of the regional edges, and of first hits. So a billion images take no longer than a million. Requests within a
step follow Poisson's law.

No quota throttles the demand; exceeding one is the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.scale.popularity import Popularity, spread
from lab.scale.scenario import REGIONS, Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FIRST_STEP, LAST_STEP, GROWTH = 1.0, 3_600.0, 1.04
"""Time steps in seconds: they grow from one second to an hour."""


@dataclass(frozen=True, slots=True)
class History:
    """Rates a second at each step: views, misses of the regional edges, first hits, calls of the API.

    `hit_ratio` is that of the regional edges, `concurrency` the busy functions, `starts` the cold starts a second.
    """

    time: Numbers
    views: Numbers
    misses: Numbers
    first_hits: Numbers
    calls: Numbers
    concurrency: Numbers
    starts: Numbers

    @property
    def hit_ratio(self) -> Numbers:
        """Share of views without a request to an origin."""
        return 1 - self.misses / self.views


def simulate(scenario: Scenario, seed: int = 1) -> History:
    """Return the first days of a scenario; equal for equal seeds."""
    rng = np.random.default_rng(seed)
    popularity = spread(int(scenario.catalogue), int(scenario.variants), scenario.exponent)
    steps = _cut_time(scenario.days * 86_400)
    windows = np.array([_find_window(popularity, region, scenario) for region in REGIONS])
    stored = np.zeros_like(popularity.count)
    rows = np.zeros((len(steps), 4))
    clock = views_before = 0.0
    for number, step in enumerate(steps):
        clock += step
        views = scenario.requests * min(1.0, clock / scenario.ramp if scenario.ramp else 1.0)
        asked = popularity.share * views
        new = rng.binomial(popularity.count - stored, -np.expm1(-asked * step))
        stored += new
        misses = rng.poisson(_expect_misses(popularity, windows, views_before, views_before + views * step)).sum()
        views_before += views * step
        # Regions that request a derivative during its render are redirected too; each of them calls the API once.
        repeated = (new * np.minimum(asked * scenario.render, len(REGIONS) - 1)).sum()
        rows[number] = views, misses / step, new.sum() / step, (new.sum() + repeated) / step
    return _add_functions(np.cumsum(steps), rows.T, scenario)


def _cut_time(seconds: float) -> Numbers:
    steps = []
    step, left = FIRST_STEP, seconds
    while left > 0:
        steps.append(min(step, left))
        left -= step
        step = min(step * GROWTH, LAST_STEP)
    return np.array(steps)


def _expect_misses(popularity: Popularity, windows: Numbers, before: float, after: float) -> Numbers:
    """Return the mean misses of each region and bin while the total of views goes from `before` to `after`.

    A region caches the items requested within its window. An item misses if its last request is older, with the
    probability exp(-share * window). While the window still grows, each item misses once.
    """
    rate = np.outer(REGIONS, popularity.share)
    opened, closed = (np.minimum(views, windows)[:, np.newaxis] for views in (before, after))
    beyond = (after - before) - (closed - opened)
    filled = np.exp(-rate * opened) - np.exp(-rate * closed)
    expected: Numbers = popularity.count * (filled + rate * beyond * np.exp(-rate * closed))
    return expected


def _find_window(popularity: Popularity, region: float, scenario: Scenario) -> float:
    """Return the window of a region's cache in views of all regions; infinite if everything fits into the cache.

    A least-recently-used cache keeps the items requested within its characteristic time, in which as many different
    items are requested as fit into it (Che et al., "Hierarchical Web Caching Systems", IEEE JSAC 20, 2002).
    """
    room = scenario.regional_cache / scenario.derivative_bytes
    if popularity.count.sum() <= room:
        return np.inf
    low, high = 0.0, 20.0  # powers of ten
    for _ in range(60):
        middle = (low + high) / 2
        held = (popularity.count * -np.expm1(-popularity.share * region * 10**middle)).sum()
        low, high = (middle, high) if held < room else (low, middle)
    return float(10**low)


def _add_functions(time: Numbers, rows: Numbers, scenario: Scenario) -> History:
    """Add the number of busy functions (Little's law), and the starts among them.

    Lambda keeps an environment for some time after its last event, so that a start is needed only when more functions
    are busy than at any moment in that time. The peak is taken as the mean plus three deviations of Poisson's law.
    """
    views, misses, first_hits, calls = rows
    busy = calls * scenario.render
    peak = busy + 3 * np.sqrt(busy)
    starts = np.zeros_like(busy)
    for number, now in enumerate(peak):
        before = (time < time[number]) & (time >= time[number] - scenario.idle)
        before[max(number - 1, 0)] |= number > 0  # later steps are longer than that time
        warm = peak[before].max(initial=0.0)
        length = time[number] - (time[number - 1] if number else 0)
        starts[number] = min(max(now - warm, 0) / length, calls[number])
    return History(time, views, misses, first_hits, calls, busy + starts * scenario.start, starts)
