"""The month's invalidations."""

from __future__ import annotations

import pytest

from cloud.table import originals
from cloud.table.budget import spend_invalidation
from cloud.table.rows import OriginalRow
from world import TABLE, World


def test_a_months_budget_is_spent_once_and_the_next_month_has_its_own(world: World) -> None:
    assert world.rows() == {}
    assert [spend_invalidation(TABLE, "2026-11", 3) for _ in range(5)] == [1, 2, 3, 0, 0]
    assert spend_invalidation(TABLE, "2026-12", 3)


def test_a_process_does_not_query_a_spent_budget_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.rows() == {}
    assert [spend_invalidation(TABLE, "2026-11", 1) for _ in range(2)] == [1, 0]
    monkeypatch.setattr("cloud.table.budget.dynamodb", pytest.fail)
    assert not spend_invalidation(TABLE, "2026-11", 1)


def test_an_original_that_is_named_like_a_counter_is_not_one(world: World) -> None:
    originals.write(TABLE, "invalidations#2026-11", OriginalRow('"a"', 0), None)
    assert spend_invalidation(TABLE, "2026-11", 1)
    assert sorted(world.rows()) == [("invalidations#2026-11", "#"), ("original#invalidations#2026-11", "#")]
