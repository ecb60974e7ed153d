"""Rows of the table."""

from __future__ import annotations

import pytest

from cloud import index, leases
from cloud.index import OriginalRow
from world import TABLE, World


def claim(original: str, transform: str) -> leases.Claim:
    return leases.Claim(original, transform, '"etag"', "somebody", until=0)


def test_all_pages_of_an_original_are_read(world: World) -> None:
    assert world.rows() == {}
    for size in range(1, 1201):  # a page holds 1 MB
        leases.write(TABLE, claim("k" * 800, f"{size}x,v=" + "v" * 40))
    leases.write(TABLE, claim("another", "1x"))
    assert len(index.read(TABLE, "k" * 800).derivatives) == 1200


def test_an_originals_row_changes_only_if_it_is_what_was_read(world: World) -> None:
    assert world.rows() == {}
    first, second = OriginalRow('"a"', 0), OriginalRow('"b"', 7)
    index.write_original(TABLE, "a.png", first, None)
    with pytest.raises(index.RowChanged):
        index.write_original(TABLE, "a.png", second, None)
    index.write_original(TABLE, "a.png", second, first)
    with pytest.raises(index.RowChanged):
        index.forget_original(TABLE, "a.png", first)
    assert index.read(TABLE, "a.png").original == second
    index.forget_original(TABLE, "a.png", second)
    assert index.read(TABLE, "a.png").original is None


def test_a_derivatives_row_that_was_written_anew_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.rows() == {}
    monkeypatch.setattr(index, "now", lambda: 1)
    leases.write(TABLE, claim("a.png", "1x"))
    old = index.read(TABLE, "a.png").derivatives[0]
    monkeypatch.setattr(index, "now", lambda: 2)
    leases.write(TABLE, claim("a.png", "1x"))
    index.forget_derivative(TABLE, "a.png", old)
    (new,) = index.read(TABLE, "a.png").derivatives
    index.forget_derivative(TABLE, "a.png", new)
    assert index.read(TABLE, "a.png").derivatives == ()


def test_a_months_budget_is_spent_once_and_the_next_month_has_its_own(world: World) -> None:
    assert world.rows() == {}
    assert [index.spend_invalidation(TABLE, "2026-11", 3) for _ in range(5)] == [True, True, True, False, False]
    assert index.spend_invalidation(TABLE, "2026-12", 3)


def test_a_process_that_knows_that_the_budget_is_spent_asks_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.rows() == {}
    assert [index.spend_invalidation(TABLE, "2026-11", 1) for _ in range(2)] == [True, False]
    monkeypatch.setattr(index, "dynamodb", pytest.fail)
    assert not index.spend_invalidation(TABLE, "2026-11", 1)


def test_an_original_that_is_named_like_a_counter_is_not_one(world: World) -> None:
    index.write_original(TABLE, "invalidations#2026-11", OriginalRow('"a"', 0), None)
    assert index.spend_invalidation(TABLE, "2026-11", 1)
    assert sorted(world.rows()) == [("invalidations#2026-11", "#"), ("original#invalidations#2026-11", "#")]
