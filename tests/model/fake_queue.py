"""The queue of source events at its worst: any order, any delay, and more than once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from model.fake_s3 import HookLess

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.scheduler import Scheduler

VISIBILITY_SECONDS = 1080


@dataclass(frozen=True, slots=True)
class Message:
    """A message, which can be received from `visible` on (milliseconds)."""

    number: int
    body: str
    visible: int
    received: int = 0

    def record(self) -> dict[str, Any]:
        """Return it as Lambda's poller hands it over."""
        return {
            "eventSource": "aws:sqs",
            "messageId": str(self.number),
            "receiptHandle": str(self.number),
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(self.received)},
        }


class FakeQueue:
    """SQS as the copy function and S3 use it; what was received stays until it is deleted."""

    def __init__(self, scheduler: Scheduler, now: Callable[[], int]) -> None:
        """Make an empty queue."""
        self.messages: dict[int, Message] = {}
        self.meta = HookLess
        self._scheduler = scheduler
        self._now = now
        self._counter = 0

    def send_message(self, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> None:  # noqa: N803, ARG002 (boto3's names)
        self._scheduler.call("SendMessage", lambda: self.add(MessageBody, DelaySeconds))

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803, ARG002 (boto3's names)
        def effect() -> None:
            message = self.messages.get(int(ReceiptHandle))
            if message:
                self.messages[message.number] = replace(message, visible=self._now() + VisibilityTimeout * 1000)

        self._scheduler.call("ChangeMessageVisibility", effect)

    def add(self, body: str, delay_seconds: int = 0) -> None:
        self._counter += 1
        self.messages[self._counter] = Message(self._counter, body, self._now() + delay_seconds * 1000)

    def announce(self, key: str) -> None:
        """Add the notification that S3 sends when an object is created or removed."""
        self.add(json.dumps({"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": key}}}]}))

    def tick(self) -> None:
        """Add the message that the schedule of reconciliation sends."""
        self.add(json.dumps({"Reconcile": {}}))

    def visible(self) -> list[Message]:
        return [message for message in self.messages.values() if message.visible <= self._now()]

    def has_unfinished_pass(self) -> bool:
        """Return whether a pass has been begun and has more pages."""
        return any("After" in json.loads(message.body).get("NextPass", {}) for message in self.messages.values())

    def receive(self, numbers: list[int]) -> list[Message]:
        """Hand messages over to a function, and hide them for the visibility timeout."""
        hidden = self._now() + VISIBILITY_SECONDS * 1000
        for number in numbers:
            message = self.messages[number]
            self.messages[number] = replace(message, visible=hidden, received=message.received + 1)
        return [self.messages[number] for number in numbers]

    def delete(self, numbers: list[int]) -> None:
        for number in numbers:
            self.messages.pop(number, None)
