"""Every call that matters for consistency matters to the model: leave it out, and something is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model.faults import MUTATIONS
from model.scenario import play

if TYPE_CHECKING:
    from model.mutations import Mutation

each = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)


@each
def test_the_functions_as_they_are_hold_in_the_scenario(mutation: Mutation) -> None:
    play(mutation.scenario)


@each
def test_a_call_that_is_dropped_or_swapped_breaks_the_scenario(mutation: Mutation) -> None:
    with mutation.applied(), pytest.raises(AssertionError) as raised:
        play(mutation.scenario)
    assert "it ended before" not in str(raised.value)
