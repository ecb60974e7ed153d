"""Messages are delivered late, twice and in any order; none is lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.chaos import deliveries
from lab.chaos.deliveries import Deliveries
from lab.chaos.faults import Faults
from lab.chaos.outage import Outage, Service


class Queue:
    """Delivers numbered messages; every receipt handle is invalid."""

    def __init__(self) -> None:
        self.code = "ReceiptHandleIsInvalid"
        self.given = 0

    def receive_message(self, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        bodies = range(self.given, min(self.given + MaxNumberOfMessages, 300))
        self.given += len(bodies)
        return {"Messages": [{"MessageId": str(number)} for number in bodies]} if bodies else {}

    def delete_message(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": self.code}}, "DeleteMessage")


def deliver(share: float, monkeypatch: pytest.MonkeyPatch, *, active: bool = True) -> tuple[Deliveries, list[str]]:
    clock = iter(range(10_000))
    monkeypatch.setattr("lab.chaos.deliveries.time.monotonic", lambda: next(clock) / 10)
    faults = Faults(share, "seed")
    faults.active = active
    queue = Deliveries(Queue(), faults, Outage("seed"), "seed")
    received = [
        message["MessageId"] for _ in range(300) for message in queue.receive_message(MaxNumberOfMessages=5)["Messages"]
    ]
    return queue, received


def test_messages_are_late_or_duplicated_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, received = deliver(0.3, monkeypatch)
    counts = Counter(received)
    assert set(counts) == {str(number) for number in range(300)}
    assert Counter(counts.values()) == {1: 300 - queue.duplicated, 2: queue.duplicated}
    assert queue.duplicated > 20
    assert queue.delayed > 20
    assert queue.pending == 0
    assert received != sorted(received, key=int)


def test_deliveries_are_unchanged_before_faults_are_active(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, received = deliver(1, monkeypatch, active=False)
    assert sorted(received, key=int) == [str(number) for number in range(300)]
    assert queue.duplicated == queue.delayed == 0


def test_a_replaced_receipt_handle_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    queue, _ = deliver(0, monkeypatch)
    queue.delete_message(ReceiptHandle="old")
    queue._client.code = "AccessDenied"
    with pytest.raises(ClientError):
        queue.delete_message(ReceiptHandle="old")


class Notified(Queue):
    """Has ten messages, sent a second apart, until they are deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = {str(number): f"{number}000" for number in range(10)}

    def receive_message(self, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        some = list(self.messages.items())[:MaxNumberOfMessages]
        return {"Messages": [{"ReceiptHandle": name, "Attributes": {"SentTimestamp": sent}} for name, sent in some]}

    def delete_message(self, **arguments: Any) -> None:
        del self.messages[arguments["ReceiptHandle"]]


def test_an_outage_of_sqs_delivers_nothing_and_loses_some_notifications_of_s3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 3.0
    monkeypatch.setattr("lab.chaos.outage.time.time", lambda: now)
    monkeypatch.setattr(deliveries, "PAUSE", 0)
    monkeypatch.setattr(deliveries, "LOST_SHARE", 1)
    outage, queue = Outage("seed"), Notified()
    delivered = Deliveries(queue, Faults(0, "seed"), outage, "seed")
    outage.begin(Service.SQS)
    assert delivered.receive_message(QueueUrl="q", MaxNumberOfMessages=10) == {"Messages": []}
    delivered.delete_message(QueueUrl="q", ReceiptHandle="0")
    assert len(queue.messages) == 10
    now = 7.0
    outage.end()
    received = delivered.receive_message(QueueUrl="q", MaxNumberOfMessages=10)["Messages"]
    assert {message["ReceiptHandle"] for message in received} == {"0", "1", "2", "7", "8", "9"} == set(queue.messages)
    assert delivered.notifications_lost == 4
