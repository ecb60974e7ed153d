"""Nothing stale, nothing lost: the functions' own code in every order of events, calls and failures that is tried."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "300"))


def test_nothing_is_stale_and_nothing_lost_whatever_happens_in_whatever_order() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            database=None,
            derandomize="MODEL_EXAMPLES" not in os.environ,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
