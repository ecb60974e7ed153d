"""First hits that come at once: one renders, and the others wait for what it stores."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from cloud import objects
from cloud.clock import now
from cloud.edge import cache_tag
from cloud.table import leases
from resizer import app, lease
from world import DESTINATION, SAMPLES, TABLE, World, break_transcoding, emitted, while_transcoding

if TYPE_CHECKING:
    from collections.abc import Callable

PHOTOGRAPH = (SAMPLES / "hubble.jpg").read_bytes()
PATH = "/resize/90x/seeding.jpg"
STORED = "90x/seeding.jpg"
ROW = ("original#seeding.jpg", "90x")


@dataclass
class Clock:
    """A clock that only pauses advance. `meanwhile` is called in each of them."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.pauses.append(seconds)
        self.meanwhile()


@pytest.fixture
def stocked(world: World) -> World:
    world.upload("seeding.jpg", PHOTOGRAPH)
    world.converge("seeding.jpg")
    return world


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lease, "time", clock)
    return clock


def etag(world: World) -> str:
    found: str = world.s3.head_object(Bucket=DESTINATION, Key="seeding.jpg")["ETag"]
    return found


def lease_to_another(world: World) -> leases.Claim:
    """Let another request render the derivative."""
    claim = leases.Claim("seeding.jpg", "90x", etag(world), "somebody else", until=now() + 26_000)
    leases.take(TABLE, claim)
    return claim


def store(world: World) -> None:
    metadata = {"original-etag": etag(world), "cache-tag": cache_tag("seeding.jpg")}
    world.s3.put_object(Bucket=DESTINATION, Key=STORED, Body=b"theirs", Metadata=metadata)


def test_who_waits_gets_what_another_stores(
    stocked: World, clock: Clock, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    lease_to_another(stocked)
    clock.meanwhile = lambda: store(stocked) if len(clock.pauses) == 3 else None
    with caplog.at_level(logging.INFO):
        answer = stocked.get(PATH)
    assert (answer["statusCode"], answer["body"]) == (200, "dGhlaXJz")
    assert len(clock.pauses) == 3
    metrics = emitted(capsys.readouterr().out)
    assert (metrics["Awaited"], metrics["StoredButRedirected"], metrics["DuplicateRenders"]) == ([1], [0], [0])
    assert "Derivatives" not in metrics
    assert "waited for a concurrent render" in caplog.text
    assert [step.split(";")[0] for step in answer["headers"]["Server-Timing"].split(", ")] == ["fetch", "wait"]


def test_who_has_waited_two_seconds_renders_without_the_lease(stocked: World, clock: Clock) -> None:
    claim = lease_to_another(stocked)
    assert stocked.get(PATH)["statusCode"] == 200
    assert sum(clock.pauses) == pytest.approx(2)
    assert all(0.05 <= pause <= 0.4 for pause in clock.pauses[:-1])
    assert STORED in stocked.listing()
    before = stocked.rows()
    assert before[ROW]["holder"]["S"] != claim.holder
    leases.undo(TABLE, claim, {})
    assert stocked.rows() == before


def test_a_lease_that_is_given_back_is_taken_by_who_waits(stocked: World, clock: Clock) -> None:
    claim = lease_to_another(stocked)
    clock.meanwhile = lambda: leases.undo(TABLE, claim, {})
    assert stocked.get(PATH)["statusCode"] == 200
    assert len(clock.pauses) == 1


def test_nobody_waits_for_who_must_have_ended(stocked: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    lease_to_another(stocked)
    later = now() + 26_001
    monkeypatch.setattr("cloud.clock.now", lambda: later)
    assert stocked.get(PATH)["statusCode"] == 200
    assert clock.pauses == []


def test_nobody_waits_for_a_render_of_another_original(stocked: World, clock: Clock) -> None:
    lease_to_another(stocked)
    stocked.s3.put_object(Bucket=DESTINATION, Key="seeding.jpg", Body=(SAMPLES / "coffee.png").read_bytes())
    assert stocked.get(PATH)["statusCode"] == 200
    assert clock.pauses == []


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the objects that were opened and not closed again."""
    open_object = objects.open_object
    opened: list[str] = []

    def open_and_note(*arguments: Any) -> Any:
        found = open_object(*arguments)
        if found is None:
            return None
        opened.append(found.object.key)

        def close() -> None:
            opened.remove(found.object.key)
            found.close()

        return replace(found, close=close)

    monkeypatch.setattr(objects, "open_object", open_and_note)
    return opened


def test_nothing_is_held_open_while_waiting(stocked: World, clock: Clock, opened: list[str]) -> None:
    lease_to_another(stocked)
    clock.meanwhile = lambda: opened and pytest.fail("an original is open")
    assert stocked.get(PATH)["statusCode"] == 200
    assert opened == ["seeding.jpg"], "the one that was read needs no closing"


def test_nothing_is_left_open_by_who_is_refused(
    stocked: World, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked.s3.put_object(Bucket=DESTINATION, Key=STORED, Body=b"of another original")
    monkeypatch.setattr(app, "settings", replace(app.settings, limits=replace(app.settings.limits, max_input_bytes=9)))
    assert stocked.get(PATH)["statusCode"] == 413
    assert stocked.get("/resize/90x,wm=none.png/seeding.jpg")["statusCode"] == 404
    assert opened == []


def test_a_second_render_of_the_same_is_counted(
    stocked: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others = iter([PATH])

    def let_another_overtake() -> None:
        if path := next(others, ""):
            assert stocked.get(path)["statusCode"] == 200

    while_transcoding(monkeypatch, let_another_overtake)
    assert stocked.get(PATH)["statusCode"] == 200
    assert sum(clock.pauses) == pytest.approx(2)
    metrics = emitted(capsys.readouterr().out)
    assert (metrics["DuplicateRenders"], metrics["StoredButRedirected"]) == ([0, 1], [0, 0])


def test_a_render_that_fails_leaves_no_row_and_does_not_count(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = replace(app.settings, allowed_types=frozenset({"webp"}), maximum_derivatives=1)
    monkeypatch.setattr(app, "settings", allowed)
    for width in (90, 91):
        assert stocked.get(f"/resize/{width}x,f=png/seeding.jpg")["statusCode"] == 403
    assert [row for row in stocked.rows() if row[1] != "#"] == []
    assert stocked.get("/resize/90x,f=webp/seeding.jpg")["statusCode"] == 200


def test_a_render_that_fails_leaves_the_row_of_what_is_stored(stocked: World) -> None:
    stocked.get(PATH)
    before = stocked.rows()[ROW]
    stocked.s3.put_object(Bucket=DESTINATION, Key="seeding.jpg", Body=PHOTOGRAPH[:20_000])
    assert stocked.get(PATH)["statusCode"] == 422
    assert stocked.rows()[ROW] == before


def test_a_bug_gives_the_lease_back(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    break_transcoding(monkeypatch, TypeError())
    assert stocked.get(PATH)["statusCode"] == 500
    assert ROW not in stocked.rows()


def test_a_lease_that_cannot_be_given_back_passes(
    stocked: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise stocked.dynamodb.exceptions.InternalServerError({"Error": {"Code": "InternalServerError"}}, "DeleteItem")

    monkeypatch.setattr(leases, "undo", refuse)
    break_transcoding(monkeypatch, TypeError())
    assert stocked.get(PATH)["statusCode"] == 500
    assert "lease not released" in caplog.text
    assert int(stocked.rows()[ROW]["lease"]["N"]) <= now() + 180_000
