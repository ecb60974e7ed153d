"""Dead letters are shown before they are moved, and none is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.content.redrive import count_hidden, describe, read_letters, redrive
from world import World, sample_event

BODIES = [
    json.dumps(sample_event("copy-object-created")),
    json.dumps({"NextPass": {"Key": "a.png"}}),
    "no notification at all",
    json.dumps({"Reconcile": {"Run": "abc", "Piece": 3}}),
]


@pytest.fixture
def dead(world: World) -> str:
    """A queue with four dead letters."""
    url: str = world.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    for body in BODIES:
        world.sqs.send_message(QueueUrl=url, MessageBody=body)
    return url


@pytest.fixture(autouse=True)
def no_long_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue in memory has one server."""
    monkeypatch.setattr("ops.content.redrive.LONG_POLL_SECONDS", 0)


def bodies(world: World, url: str) -> list[str]:
    return sorted(message["Body"] for message in read_letters(world.sqs, url))


def test_dead_letters_are_shown_and_stay(world: World, dead: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive(world.sqs, dead, world.queue_url, apply=False) == 4
    shown = capsys.readouterr().out
    for piece in (
        "ObjectCreated:Put 'seeding.jpg'",
        "another pass over 'a.png'",
        "not a notification: 'no notification at",
        "reconciliation, {'Run': 'abc', 'Piece': 3}",
    ):
        assert piece in shown
    assert bodies(world, world.queue_url) == []
    assert count_hidden(world.sqs, dead) == 0


def test_messages_can_be_redriven_right_after_they_were_shown(world: World, dead: str) -> None:
    redrive(world.sqs, dead, world.queue_url, apply=False)
    assert redrive(world.sqs, dead, world.queue_url, apply=True) == 4
    assert bodies(world, world.queue_url) == sorted(BODIES)


def test_a_listing_survives_a_message_taken_by_another_run(
    world: World, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(21):
        world.sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    taken: list[str] = []

    def take_first(message: dict[str, Any]) -> str:
        if not taken:
            taken.append(message["ReceiptHandle"])
            world.sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
        return ""

    monkeypatch.setattr("ops.content.redrive.describe", take_first)
    assert redrive(world.sqs, dead, world.queue_url, apply=False) == 25
    assert count_hidden(world.sqs, dead) == 0
    assert redrive(world.sqs, dead, world.queue_url, apply=True) == 24


def test_letters_hidden_by_another_run_are_counted(world: World, dead: str) -> None:
    next(read_letters(world.sqs, dead))  # and is killed
    assert redrive(world.sqs, dead, world.queue_url, apply=True) == 0
    assert count_hidden(world.sqs, dead) == 4


def test_dead_letters_are_put_back_on_demand(world: World, dead: str) -> None:
    assert redrive(world.sqs, dead, world.queue_url, apply=True) == 4
    assert bodies(world, world.queue_url) == sorted(BODIES)
    assert bodies(world, dead) == []


@pytest.mark.parametrize(
    "body",
    [
        "\x1b[2J",
        json.dumps({"NextPass": {"Key": "\x1b[2J.png"}}),
        json.dumps({"Reconcile": "\x1b[2J"}),
        json.dumps({"Records": [{"eventName": "\x1b[2J", "s3": {"object": {"key": "%1b[2J"}}}]}),
    ],
)
def test_a_letter_that_would_play_tricks_on_the_terminal_is_quoted(body: str) -> None:
    line = describe({"Body": body, "Attributes": {"SentTimestamp": "0"}})
    assert line.isprintable()
    assert "[2J" in line


DEEP = pytest.param("[" * 200_000, id="deep")


@pytest.mark.parametrize(
    "body", ["", "5", "[]", DEEP, '{"Records": [{"eventName": "x", "s3": {"object": {"key": 5}}}]}', '{"NextPass": 5}']
)
def test_a_letter_of_any_other_text_is_shown_as_not_a_notification(body: str) -> None:
    assert "not a notification: " in describe({"Body": body, "Attributes": {"SentTimestamp": "0"}})
