"""Dead letters are shown before they are moved, and none is lost on the way."""

from __future__ import annotations

import json

import pytest

from repair.redrive import describe, letters, redrive
from world import World, sample_event

BODIES = [
    json.dumps(sample_event("copy-object-created")),
    json.dumps({"ComeBack": {"Key": "a.png"}}),
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


def bodies(world: World, url: str) -> list[str]:
    return sorted(message["Body"] for message in letters(world.sqs, url))


def test_dead_letters_are_shown_and_stay(world: World, dead: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive(world.sqs, dead, world.queue_url, apply=False) == 4
    shown = capsys.readouterr().out
    for piece in (
        "ObjectCreated:Put 'seeding.jpg'",
        "another pass over 'a.png'",
        "no notification: 'no notification at",
        "reconciliation, {'Run': 'abc', 'Piece': 3}",
    ):
        assert piece in shown
    assert bodies(world, world.queue_url) == []
    attributes = world.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "4"


def test_dead_letters_are_put_back_on_demand(world: World, dead: str) -> None:
    assert redrive(world.sqs, dead, world.queue_url, apply=True) == 4
    assert bodies(world, world.queue_url) == sorted(BODIES)
    assert bodies(world, dead) == []


def test_a_letter_that_would_play_tricks_on_the_terminal_is_quoted() -> None:
    body = json.dumps({"ComeBack": {"Key": "\x1b[2J.png"}})
    assert "\x1b" not in describe({"Body": body, "Attributes": {"SentTimestamp": "0"}})
