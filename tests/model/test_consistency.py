"""Nothing stale, nothing lost: the functions' own code in every order of events, calls and failures that is tried.

`make model` tries many times as many, each time others.
"""

from __future__ import annotations

import os
import secrets

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from cloud.table import originals
from model.machine import Machine
from model.walk import Walk

LONG = "MODEL_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "250"))
WALKS_FOR_EACH = 8
TWO_LAYERS = 2_006_490
"""A walk that two invalidations are not enough for; where walks have changed, look for another such (ROUNDS = 1)."""


def test_nothing_is_stale_and_nothing_lost_whatever_happens_in_whatever_order() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            database=None,
            derandomize=not LONG,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_random_walks_find_nothing_either() -> None:
    first = secrets.randbelow(2**40) if LONG else 0
    for seed in range(first, first + EXAMPLES * WALKS_FOR_EACH):
        try:
            Walk(seed).run()
        except AssertionError as error:
            error.add_note(f"Walk({seed}).run() shows it")
            raise


def test_a_walk_through_both_layers_of_the_edge_finds_nothing() -> None:
    Walk(TWO_LAYERS).run()


def test_a_walk_through_both_layers_of_the_edge_needs_the_third_invalidation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(originals, "ROUNDS", 1)
    with pytest.raises(AssertionError, match="an edge has a of an original that is gone"):
        Walk(TWO_LAYERS).run()
