"""Runs of reconciliation against an AWS in memory; tests/model runs them beside everything else that may happen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cloud import deadline, objects
from copier import reconciliation, reconciliation_run
from world import SAMPLES, World, emitted, pass_time, sample_event

if TYPE_CHECKING:
    from copier.reconciliation import Difference, Listed
    from copier.settings import Settings

COFFEE = (SAMPLES / "coffee.png").read_bytes()
SUCCESS: dict[str, list[Any]] = {"batchItemFailures": []}
ROW = ("reconciliation#", "#")
RECORD = sample_event("copy-reconcile")["Records"][0]


@pytest.fixture
def small(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of three originals that were never announced, and a function whose pieces have one key."""
    for key in ("a.png", "album/b.png", "c.png"):
        world.upload(key, COFFEE)
    monkeypatch.setattr(reconciliation_run, "PIECE_SECONDS", 0.0)
    return world


def take(world: World) -> list[str]:
    """Take all that waits in the queue, and return it."""
    bodies = []
    while messages := world.sqs.receive_message(QueueUrl=world.queue_url).get("Messages"):
        world.sqs.delete_message(QueueUrl=world.queue_url, ReceiptHandle=messages[0]["ReceiptHandle"])
        bodies.append(messages[0]["Body"])
    return bodies


def hand_over(world: World, *bodies: str, received: int = 1, seconds: float = 180) -> dict[str, Any]:
    attributes = RECORD["attributes"] | {"ApproximateReceiveCount": str(received)}
    records = [
        RECORD | {"body": body, "attributes": attributes, "messageId": f"message-{number}"}
        for number, body in enumerate(bodies)
    ]
    return world.invoke("copy", {"Records": records}, seconds)


def run_to_the_end(world: World) -> list[list[str]]:
    """Hand over what waits until nothing does, and return it, batch by batch."""
    batches = []
    while bodies := take(world):
        assert hand_over(world, *bodies) == SUCCESS
        batches.append(bodies)
    return batches


def piece(number: int, run: str = RECORD["messageId"]) -> str:
    return json.dumps({"Reconcile": {"Run": run, "Piece": number}})


def test_a_run_repairs_what_differs_key_after_key_and_leaves_nothing(
    small: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert small.invoke("copy", "copy-reconcile") == SUCCESS
    batches = run_to_the_end(small)
    assert small.listing() == ["a.png", "album/b.png", "c.png"]
    assert ROW not in small.rows()
    assert small.waiting() == 0
    # Three keys that were looked at, and copies of the last two that had come by then; then the table.
    pieces = [body for batch in batches for body in batch if "Reconcile" in body]
    assert pieces == [piece(number) for number in range(2, len(pieces) + 2)]
    metrics = emitted(capsys.readouterr().out)
    assert sum(metrics["Repaired"]) >= 3
    assert sum(metrics["Inspected"]) >= 3


def test_a_run_logs_a_summary_at_its_end(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.upload("b.png", COFFEE)
    world.invoke("copy", "copy-reconcile")
    with caplog.at_level("INFO"):
        hand_over(world, piece(2))
    (line,) = [record for record in caplog.records if record.msg == "reconciliation finished"]
    assert (line.inspected, line.repaired, line.pieces) == (2, 1, 2)  # type: ignore[attr-defined]


def test_nothing_is_repaired_where_everything_is_in_order(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    capsys.readouterr()
    world.invoke("copy", "copy-reconcile")
    hand_over(world, *take(world))
    assert world.waiting() == 0
    metrics = emitted(capsys.readouterr().out)
    assert (sum(metrics["Inspected"]), sum(metrics["Repaired"])) == (1, 0)


def test_the_schedule_does_not_start_a_second_run(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    small.invoke("copy", "copy-reconcile")
    before = small.rows()[ROW]
    waiting = take(small)
    hand_over(small, '{"Reconcile": {}}')
    assert (small.rows()[ROW], take(small)) == (before, [])
    pass_time(monkeypatch, 7 * 3600)
    hand_over(small, '{"Reconcile": {}}')
    assert small.rows()[ROW]["run"] == {"S": "message-0"}, "a run that lost its message is given up"
    take(small)
    assert hand_over(small, *[body for body in waiting if "Reconcile" in body]) == SUCCESS
    assert take(small) == [], "and its messages, should they come, do nothing"


def test_a_message_that_comes_twice_does_its_piece_once(small: World) -> None:
    small.invoke("copy", "copy-reconcile")
    assert piece(2) in take(small)
    hand_over(small, piece(2))
    take(small)
    after = small.rows()[ROW]
    assert hand_over(small, piece(2), piece(1)) == SUCCESS
    assert (small.rows()[ROW], take(small)) == (after, [])


def test_a_function_that_died_before_it_sent_the_next_message_sends_it_when_it_is_tried_again(small: World) -> None:
    small.invoke("copy", "copy-reconcile")
    take(small)
    hand_over(small, piece(1), received=2)
    assert take(small) == [piece(2)]


def test_other_messages_of_the_batch_come_first_and_a_piece_without_time_comes_again(small: World) -> None:
    batch = ('{"Reconcile": {}}', '{"NextPass": {"Key": "c.png"}}')
    assert hand_over(small, *batch, seconds=170) == SUCCESS
    assert small.listing() == ["c.png"]
    assert hand_over(small, '{"Reconcile": {}}', seconds=60) == SUCCESS
    names = ["ApproximateNumberOfMessagesDelayed"]
    attributes = small.sqs.get_queue_attributes(QueueUrl=small.queue_url, AttributeNames=names)["Attributes"]
    assert attributes[names[0]] == "1"


def test_a_key_that_can_not_be_inspected_keeps_no_other_from_its_turn(
    small: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inspect = reconciliation.inspect

    def refuse(listed: Listed, settings: Settings) -> list[Difference]:
        if listed.key == "a.png":
            raise objects.Uncertain(listed.key)
        return inspect(listed, settings)

    monkeypatch.setattr(reconciliation_run, "inspect", refuse)
    small.invoke("copy", "copy-reconcile")
    run_to_the_end(small)
    assert small.listing() == ["album/b.png", "c.png"]
    assert sum(emitted(capsys.readouterr().out)["Failures"]) == 1


def test_a_transient_error_repeats_the_piece(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "HeadObject")

    def fail(*_: object) -> Any:
        raise busy

    monkeypatch.setattr(reconciliation_run, "inspect", fail)
    answer = small.invoke("copy", "copy-reconcile")
    assert answer["batchItemFailures"] == [{"itemIdentifier": RECORD["messageId"]}]
    assert small.rows()[ROW]["piece"] == {"N": "1"}
    monkeypatch.undo()


def test_an_original_with_too_many_derivatives_is_left_to_the_copy_function(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out_of_time(*_: object) -> Any:
        raise deadline.OutOfTime(left=0.0, needed=8.0)

    monkeypatch.setattr(reconciliation_run, "inspect", run_out_of_time)
    small.invoke("copy", "copy-reconcile")
    assert '{"NextPass": {"Key": "a.png"}}' in take(small)


@pytest.mark.parametrize(
    "request_", ["3", "[]", '"again"', '{"Run": 1, "Piece": 2}', '{"Run": "x"}', '{"Run": "x", "Piece": "2"}']
)
def test_a_piece_that_makes_no_sense_fails(small: World, request_: str) -> None:
    assert hand_over(small, f'{{"Reconcile": {request_}}}')["batchItemFailures"]
    assert ROW not in small.rows()


@pytest.mark.parametrize("body", ['"Reconcile"', '["Reconcile"]', "Reconcile"])
def test_a_piece_of_a_run_needs_its_fields(small: World, body: str) -> None:
    assert hand_over(small, body)["batchItemFailures"]
    assert ROW not in small.rows()


def test_a_refused_original_is_logged_and_not_counted_as_repaired(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.upload("300x200/a.png", COFFEE)
    with world.log_lines() as lines:
        world.invoke("copy", "copy-reconcile")
        run_to_the_end(world)
    refused = [line for line in lines if line["message"].startswith("original refused")]
    assert [(line["message"], line["key"]) for line in refused] == [
        ("original refused: its first segment reads as a transform", "300x200/a.png")
    ]
    assert sum(emitted(capsys.readouterr().out)["Repaired"]) == 0
    assert world.listing() == []
