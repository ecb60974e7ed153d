"""The simulation in bins, against one that follows every single request."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest

from lab.scale.popularity import spread
from lab.scale.scenario import REGIONS, Scenario
from lab.scale.simulation import simulate

SMALL = Scenario(catalogue=2_000, variants=1, requests=100, ramp=0, days=1_200 / 86_400, render=0)


def follow(scenario: Scenario, room: int) -> tuple[int, int, list[int]]:
    """Return first hits, misses, and misses of each tenth of the time, of every request one by one, with real LRU."""
    rng = np.random.default_rng(7)
    popularity = spread(int(scenario.catalogue), 1, scenario.exponent)
    share = np.repeat(popularity.share, popularity.count)
    total = int(scenario.requests * scenario.days * 86_400)
    items = rng.choice(len(share), total, p=share / share.sum())
    regions = rng.choice(len(REGIONS), total, p=REGIONS)
    caches: list[OrderedDict[int, None]] = [OrderedDict() for _ in REGIONS]
    stored: set[int] = set()
    misses = [0] * 10
    for number, (item, region) in enumerate(zip(items.tolist(), regions.tolist(), strict=True)):
        cache = caches[region]
        stored.add(item)
        if item in cache:
            cache.move_to_end(item)
            continue
        misses[number * 10 // total] += 1
        cache[item] = None
        if len(cache) > room:
            cache.popitem(last=False)
    return len(stored), sum(misses), misses


def integrate(scenario: Scenario, rates: str) -> tuple[float, float]:
    """Return the sum over all time, and over the last tenth of it."""
    history = simulate(scenario)
    length = np.diff(history.time, prepend=0)
    amounts = getattr(history, rates) * length
    last = history.time > history.time[-1] * 0.9
    return float(amounts.sum()), float(amounts[last].sum() / length[last].sum())


def test_first_hits_and_misses_are_those_of_every_request_followed() -> None:
    first_hits, misses, _ = follow(SMALL, room=10**9)
    assert integrate(SMALL, "first_hits")[0] == pytest.approx(first_hits, rel=0.02)
    assert integrate(SMALL, "misses")[0] == pytest.approx(misses, rel=0.03)


def test_a_full_cache_misses_as_often_as_a_least_recently_used_cache() -> None:
    room = 200
    scenario = replace(SMALL, regional_cache=room * SMALL.derivative_bytes)
    *_, misses = follow(scenario, room)
    rate = integrate(scenario, "misses")[1]
    assert rate == pytest.approx(misses[-1] / 120, rel=0.1)


def test_no_derivative_is_a_first_hit_twice() -> None:
    scenario = replace(SMALL, days=3)
    assert integrate(scenario, "first_hits")[0] <= scenario.catalogue
    assert simulate(scenario).calls == pytest.approx(simulate(scenario).first_hits)  # a render takes no time here


def test_regions_that_ask_during_a_render_are_calls_but_not_first_hits() -> None:
    history = simulate(replace(SMALL, render=2.0))
    assert history.calls[0] > history.first_hits[0]
    assert (history.calls <= history.first_hits * len(REGIONS)).all()


def test_the_same_seed_tells_the_same_story() -> None:
    assert simulate(SMALL, 3).first_hits.tolist() == simulate(SMALL, 3).first_hits.tolist()
    assert simulate(SMALL, 3).first_hits.tolist() != simulate(SMALL, 4).first_hits.tolist()


def test_concurrency_is_by_littles_law_and_starts_end_once_enough_are_warm() -> None:
    history = simulate(Scenario(catalogue=1e8, requests=1e4, ramp=0, start=0))
    assert history.concurrency == pytest.approx(history.calls * 0.18)
    assert history.starts[0] > 100, "a burst onto an empty bucket starts many at once"
    assert history.starts[-1] < 0.001, "what is needed in the end is warm already"


def test_traffic_ramps_up() -> None:
    history = simulate(Scenario(requests=1_000, ramp=3_600))
    half = np.searchsorted(history.time, 1_800)
    assert history.views[half] == pytest.approx(500, rel=0.05)
    assert history.views[-1] == 1_000


@pytest.mark.parametrize("wrong", [{"requests": 0}, {"ramp": -1}, {"catalogue": float("nan")}, {"idle": float("inf")}])
def test_an_impossible_scenario_is_an_error(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be a finite number"):
        Scenario(**wrong)
