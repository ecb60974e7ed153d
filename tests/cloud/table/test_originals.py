"""Rows of originals."""

from __future__ import annotations

import pytest

from cloud.table import index, originals
from cloud.table.rows import OriginalRow
from world import TABLE, World


def test_an_originals_row_changes_only_if_it_was_not_changed_since(world: World) -> None:
    assert world.rows() == {}
    first, second = OriginalRow('"a"', 0), OriginalRow('"b"', 7)
    originals.write(TABLE, "a.png", first, None)
    with pytest.raises(originals.RowChanged):
        originals.write(TABLE, "a.png", second, None)
    originals.write(TABLE, "a.png", second, first)
    with pytest.raises(originals.RowChanged):
        originals.remove(TABLE, "a.png", first)
    assert index.read(TABLE, "a.png").original == second
    originals.remove(TABLE, "a.png", second)
    assert index.read(TABLE, "a.png").original is None


def test_postponing_settlement_renews_the_rounds_unless_settled_or_marked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.rows() == {}
    monkeypatch.setattr("cloud.clock.now", lambda: 9)
    for etag, since, rounds in [('"a"', 5, 1), ('"b"', 0, 0), ("changing 1", 5, 0)]:
        originals.write(TABLE, etag, OriginalRow(etag, since, rounds), None)
        originals.postpone_settlement(TABLE, etag)
    originals.postpone_settlement(TABLE, "none")
    read = [index.read(TABLE, etag).original for etag in ('"a"', '"b"', "changing 1", "none")]
    assert read == [OriginalRow('"a"', 9, originals.ROUNDS), OriginalRow('"b"', 0), OriginalRow("changing 1", 5), None]
