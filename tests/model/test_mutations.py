"""Every call of the functions that matters for consistency matters to the model."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Service
from model.mutations import MUTATIONS, Mutation

EXAMPLES = int(os.environ.get("MUTATION_EXAMPLES", "2000"))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_call_that_is_dropped_or_swapped_is_noticed(mutation: Mutation) -> None:
    options = settings(
        max_examples=EXAMPLES,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    with mutation.applied(), pytest.raises(AssertionError):
        run_state_machine_as_test(Service, settings=options)
