"""Rows of derivatives."""

from __future__ import annotations

import pytest

from cloud import clock
from cloud.table import derivatives, index, leases
from world import TABLE, World


def write_row(original: str, transform: str, watermark: str = "") -> None:
    leases.write(TABLE, leases.Claim(original, transform, '"etag"', "holder", 0, watermark))


def test_a_derivative_s_rewritten_row_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.rows() == {}
    monkeypatch.setattr("cloud.clock.now", lambda: 2)
    write_row("a.png", "1x")
    (row,) = index.read(TABLE, "a.png").derivatives
    derivatives.remove(TABLE, row, before=2)
    assert index.read(TABLE, "a.png").derivatives == (row,)
    derivatives.remove(TABLE, row, before=3)
    assert index.read(TABLE, "a.png").derivatives == ()


@pytest.mark.parametrize("found", ["a.jpg", "marks/w.png"])
def test_both_rows_of_a_derivative_with_a_watermark_are_forgotten_from_either_side(world: World, found: str) -> None:
    assert world.rows() == {}
    write_row("a.jpg", "1x,wm=w.png", "marks/w.png")
    derivatives.write_dependent(TABLE, "marks/w.png", "1x,wm=w.png/a.jpg", '"etag"')
    (row,) = index.read(TABLE, found).derivatives
    derivatives.remove(TABLE, row, before=clock.now() + 1)
    assert world.rows() == {}


@pytest.mark.parametrize(("found", "again"), [("a.jpg", "marks/w.png"), ("marks/w.png", "a.jpg")])
def test_a_row_whose_twin_was_rewritten_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, found: str, again: str
) -> None:
    assert world.rows() == {}
    monkeypatch.setattr("cloud.clock.now", lambda: 2 if again == "a.jpg" else 1)
    write_row("a.jpg", "1x,wm=w.png", "marks/w.png")
    monkeypatch.setattr("cloud.clock.now", lambda: 1 if again == "a.jpg" else 2)
    derivatives.write_dependent(TABLE, "marks/w.png", "1x,wm=w.png/a.jpg", '"etag"')
    (row,) = index.read(TABLE, found).derivatives
    derivatives.remove(TABLE, row, before=2)
    assert len(world.rows()) == 2


def test_a_row_without_a_twin_is_deleted(world: World) -> None:
    assert world.rows() == {}
    derivatives.write_dependent(TABLE, "marks/w.png", "1x,wm=w.png/a.jpg", '"etag"')
    (row,) = index.read(TABLE, "marks/w.png").derivatives
    derivatives.remove(TABLE, row, before=clock.now() + 1)
    assert world.rows() == {}
