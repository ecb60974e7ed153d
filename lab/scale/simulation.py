"""The simulation: what a service is asked for in each moment of its first weeks.

Derivatives that are equally popular are one bin, and in each step of time it is drawn how many of a bin are asked for,
how many of these a regional edge does not have, and how many nobody has ever made. So a thousand million images take
no longer than a million. Within a step, requests are Poisson's.

The demand is that of viewers who are all served: no quota throttles it. Where it goes beyond one, that is the finding.
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
"""Seconds: steps grow from one second to an hour."""


@dataclass(frozen=True, slots=True)
class History:
    """Rates a second at each step: views, misses of regional edges, first hits, calls of the API.

    `hit_ratio` is that of the regional edges, `concurrency` the functions at work, `starts` cold starts a second.
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
        """Share of views that no origin was asked for."""
        return 1 - self.misses / self.views


def simulate(scenario: Scenario, seed: int = 1) -> History:
    """Return the first days of a scenario; the same for the same seed."""
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
        # Other regions that ask while a derivative is being rendered are redirected too; each of them asks once.
        twice = (new * np.minimum(asked * scenario.render, len(REGIONS) - 1)).sum()
        rows[number] = views, misses / step, new.sum() / step, (new.sum() + twice) / step
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
    """Return the mean misses of each region and bin while the views of all time go from `before` to `after`.

    A region has what was asked for within its window, and an item misses when its last request is longer ago: with
    the probability exp(-share * window). While the window still grows, each item misses once.
    """
    rate = np.outer(REGIONS, popularity.share)
    opened, closed = (np.minimum(views, windows)[:, np.newaxis] for views in (before, after))
    beyond = (after - before) - (closed - opened)
    filled = np.exp(-rate * opened) - np.exp(-rate * closed)
    expected: Numbers = popularity.count * (filled + rate * beyond * np.exp(-rate * closed))
    return expected


def _find_window(popularity: Popularity, region: float, scenario: Scenario) -> float:
    """Return the window of a region's cache in views of all regions: infinite, where everything fits in.

    A least-recently-used cache keeps what was asked for within its characteristic time: that in which as many
    different ones are asked for as fit in (Che et al., "Hierarchical Web Caching Systems", IEEE JSAC 20, 2002).
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
    """Add how many functions are at work (Little's law), and how many of them had to be started.

    Lambda keeps an environment for a while after its last event, so a start is needed where more are at work at once
    than in that while before: the mean and three deviations of Poisson's law stand for the most at once.
    """
    views, misses, first_hits, calls = rows
    busy = calls * scenario.render
    most = busy + 3 * np.sqrt(busy)
    starts = np.zeros_like(busy)
    for number, now in enumerate(most):
        before = (time < time[number]) & (time >= time[number] - scenario.idle)
        before[max(number - 1, 0)] |= number > 0  # steps are longer than that while, later on
        warm = most[before].max(initial=0.0)
        length = time[number] - (time[number - 1] if number else 0)
        starts[number] = min(max(now - warm, 0) / length, calls[number])
    return History(time, views, misses, first_hits, calls, busy + starts * scenario.start, starts)
