"""Leases of derivatives, in their rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud.table import leases
from cloud.table.rows import row_key
from world import TABLE, World

OURS = leases.Claim("a.png", "1x", '"a"', "us", until=2000)
ROW = ("original#a.png", "1x")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Milliseconds, to be changed."""
    time = [1000]
    monkeypatch.setattr("cloud.clock.now", lambda: time[0])
    return time


def test_a_lease_is_taken_once_until_its_holder_must_have_ended(world: World, clock: list[int]) -> None:
    assert world.rows() == {}
    assert leases.take(TABLE, OURS) == {}
    theirs = replace(OURS, holder="them", until=3000)
    for clock[0] in (1000, 2000):
        with pytest.raises(leases.Leased):
            leases.take(TABLE, theirs)
    clock[0] = 2001
    assert leases.take(TABLE, theirs)["holder"] == {"S": "us"}


def test_a_lease_is_held_after_a_lost_response(world: World, clock: list[int]) -> None:
    assert (world.rows(), clock) == ({}, [1000])
    leases.take(TABLE, OURS)
    assert leases.take(TABLE, OURS)["holder"] == {"S": "us"}


def test_the_lease_of_another_original_is_none_of_this_one(world: World, clock: list[int]) -> None:
    assert (world.rows(), clock) == ({}, [1000])
    leases.take(TABLE, OURS)
    leases.take(TABLE, replace(OURS, holder="them", etag='"b"'))
    assert world.rows()[ROW]["etag"] == {"S": '"b"'}


def test_a_row_of_before_there_were_leases_is_free(world: World, clock: list[int]) -> None:
    old = row_key("a.png", "1x") | {"etag": {"S": '"a"'}, "written": {"N": "1"}, "expires": {"N": "9"}}
    world.dynamodb.put_item(TableName=TABLE, Item=old)
    assert leases.take(TABLE, OURS) == old
    assert world.rows()[ROW]["written"] == {"N": str(clock[0])}


def test_undoing_a_lease_restores_the_previous_row(world: World, clock: list[int]) -> None:
    leases.undo(TABLE, OURS, leases.take(TABLE, OURS))
    assert world.rows() == {}
    leases.write(TABLE, OURS)
    before = world.rows()
    clock[0] = 2001
    theirs = replace(OURS, holder="them")
    leases.undo(TABLE, theirs, leases.take(TABLE, theirs))
    assert world.rows() == before


def test_undoing_keeps_a_later_write(world: World, clock: list[int]) -> None:
    before = leases.take(TABLE, OURS)
    leases.write(TABLE, replace(OURS, holder="them"))
    written = world.rows()
    leases.undo(TABLE, OURS, before)
    leases.undo(TABLE, OURS, written[ROW])
    assert (world.rows(), clock) == (written, [1000])
