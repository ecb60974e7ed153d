"""Rows of the table."""

from __future__ import annotations

import pytest

from cloud import index, leases
from cloud.index import OriginalRow
from world import TABLE, World


def write_row(original: str, transform: str, watermark: str = "") -> None:
    leases.write(TABLE, leases.Claim(original, transform, '"etag"', "holder", 0, watermark))


def test_the_rows_of_an_original_are_read_page_by_page_and_dependents_come_last(world: World) -> None:
    assert world.rows() == {}
    index.write_original(TABLE, "w.png", OriginalRow('"a"', 0), None)
    for size in range(1, 701):
        write_row("w.png", f"{size}x")
        index.write_dependent(TABLE, "w.png", f"{size}x,wm=w.png/a.jpg", '"etag"')
    write_row("another", "1x")
    pages = [index.read(TABLE, "w.png")]
    while pages[-1].last:
        pages.append(index.read(TABLE, "w.png", pages[-1].last))
    rows = [row for page in pages for row in page.derivatives]
    assert [len(page.derivatives) for page in pages] == [499, 500, 401]
    assert [page.original for page in pages] == [OriginalRow('"a"', 0), None, None]
    assert [row.is_dependent for row in rows] == [False] * 700 + [True] * 700
    assert {row.storage_key for row in rows} == {
        key for size in range(1, 701) for key in (f"{size}x/w.png", f"{size}x,wm=w.png/a.jpg")
    }


def test_dependents_do_not_count_as_derivatives_of_their_watermark(world: World) -> None:
    assert world.rows() == {}
    index.write_original(TABLE, "w.png", OriginalRow('"a"', 0), None)
    write_row("w.png", "x9")
    index.write_dependent(TABLE, "w.png", "1x,wm=w.png/a.jpg", '"etag"')
    assert index.list_derivatives(TABLE, "w.png", 1) == {"x9"}


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


def test_who_puts_off_settling_renews_the_rounds_but_of_what_is_settled_or_marked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.rows() == {}
    monkeypatch.setattr(index, "now", lambda: 9)
    for etag, since, rounds in [('"a"', 5, 1), ('"b"', 0, 0), ("changing 1", 5, 0)]:
        index.write_original(TABLE, etag, OriginalRow(etag, since, rounds), None)
        index.put_off_settling(TABLE, etag)
    index.put_off_settling(TABLE, "none")
    read = [index.read(TABLE, etag).original for etag in ('"a"', '"b"', "changing 1", "none")]
    assert read == [OriginalRow('"a"', 9, index.ROUNDS), OriginalRow('"b"', 0), OriginalRow("changing 1", 5), None]


def test_a_derivatives_row_that_was_written_anew_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.rows() == {}
    monkeypatch.setattr(index, "now", lambda: 2)
    write_row("a.png", "1x")
    (row,) = index.read(TABLE, "a.png").derivatives
    index.forget_derivative(TABLE, row, before=2)
    assert index.read(TABLE, "a.png").derivatives == (row,)
    index.forget_derivative(TABLE, row, before=3)
    assert index.read(TABLE, "a.png").derivatives == ()


@pytest.mark.parametrize("found", ["a.jpg", "marks/w.png"])
def test_both_rows_of_a_derivative_with_a_watermark_are_forgotten_from_either_side(world: World, found: str) -> None:
    assert world.rows() == {}
    write_both()
    (row,) = index.read(TABLE, found).derivatives
    index.forget_derivative(TABLE, row, before=index.now() + 1)
    assert world.rows() == {}


@pytest.mark.parametrize(("found", "anew"), [("a.jpg", "marks/w.png"), ("marks/w.png", "a.jpg")])
def test_no_row_is_forgotten_whose_twin_was_written_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, found: str, anew: str
) -> None:
    assert world.rows() == {}
    monkeypatch.setattr(index, "now", lambda: 2 if anew == "a.jpg" else 1)
    write_row("a.jpg", "1x,wm=w.png", "marks/w.png")
    monkeypatch.setattr(index, "now", lambda: 1 if anew == "a.jpg" else 2)
    index.write_dependent(TABLE, "marks/w.png", "1x,wm=w.png/a.jpg", '"etag"')
    (row,) = index.read(TABLE, found).derivatives
    index.forget_derivative(TABLE, row, before=2)
    assert len(world.rows()) == 2


def test_a_row_whose_twin_is_gone_already_is_forgotten(world: World) -> None:
    assert world.rows() == {}
    index.write_dependent(TABLE, "marks/w.png", "1x,wm=w.png/a.jpg", '"etag"')
    (row,) = index.read(TABLE, "marks/w.png").derivatives
    index.forget_derivative(TABLE, row, before=index.now() + 1)
    assert world.rows() == {}


def write_both() -> None:
    write_row("a.jpg", "1x,wm=w.png", "marks/w.png")
    index.write_dependent(TABLE, "marks/w.png", "1x,wm=w.png/a.jpg", '"etag"')


def test_a_months_budget_is_spent_once_and_the_next_month_has_its_own(world: World) -> None:
    assert world.rows() == {}
    assert [index.spend_invalidation(TABLE, "2026-11", 3) for _ in range(5)] == [1, 2, 3, 0, 0]
    assert index.spend_invalidation(TABLE, "2026-12", 3)


def test_a_process_that_knows_that_the_budget_is_spent_asks_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.rows() == {}
    assert [index.spend_invalidation(TABLE, "2026-11", 1) for _ in range(2)] == [1, 0]
    monkeypatch.setattr(index, "dynamodb", pytest.fail)
    assert not index.spend_invalidation(TABLE, "2026-11", 1)


def test_an_original_that_is_named_like_a_counter_is_not_one(world: World) -> None:
    index.write_original(TABLE, "invalidations#2026-11", OriginalRow('"a"', 0), None)
    assert index.spend_invalidation(TABLE, "2026-11", 1)
    assert sorted(world.rows()) == [("invalidations#2026-11", "#"), ("original#invalidations#2026-11", "#")]
