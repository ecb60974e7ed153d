"""A queue with frequent duplicated, late and reordered deliveries, as a standard queue may have at any time.

During an outage of SQS it delivers and deletes nothing, and S3 cannot send notifications to it. How long S3 retries is
not documented; here nine of ten notifications are lost.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from lab.chaos.outage import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.chaos.faults import Faults
    from lab.chaos.outage import Outage

MAX_DELAY: Final = 8.0
"""Longest delay of a late or duplicated delivery, in seconds."""

LOST_SHARE: Final = 0.9
"""Share of S3's notifications that an outage of the queue loses; nothing else is sent then."""
PAUSE: Final = 1.0
"""Seconds that a receive takes during an outage."""

Message = dict[str, Any]


class Deliveries:
    """Replaces the poller's boto3 client of SQS."""

    def __init__(self, client: Any, faults: Faults, outage: Outage, seed: str) -> None:  # noqa: ANN401 - boto3's client
        """Deliver the messages that `client` receives; `faults.share` of them late or twice."""
        self.duplicated = 0
        self.delayed = 0
        self.notifications_lost = 0
        """Notifications of S3 that the outage lost."""
        self._client = client
        self._faults = faults
        self._outage = outage
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self._held: list[tuple[float, Message]] = []

    @property
    def pending(self) -> int:
        """The number of deliveries that are still to come."""
        return len(self._held)

    def receive_message(self, **arguments: Any) -> dict[str, list[Message]]:  # noqa: ANN401 - boto3's
        """Receive messages; delay some, and deliver some twice."""
        if self._outage.covers(Service.SQS, time.time()):
            time.sleep(PAUSE)  # the poller calls from a thread
            return {"Messages": []}
        room = int(arguments["MaxNumberOfMessages"])
        delivered = self._take_due(room)
        if room > len(delivered):
            received = self._client.receive_message(**arguments | {"MaxNumberOfMessages": room - len(delivered)})
            kept = [
                message for message in received.get("Messages", []) if not self._drop_notification(message, arguments)
            ]
            delivered += [message for message in kept if not self._delay_or_duplicate(message)]
        self._random.shuffle(delivered)
        return {"Messages": delivered}

    def delete_message(self, **arguments: Any) -> None:  # noqa: ANN401 - boto3's
        """Delete a message. Like SQS, and unlike the emulator, accept a handle that a later delivery has replaced."""
        if self._outage.covers(Service.SQS, time.time()):
            return  # the message is delivered again after its visibility timeout
        try:
            self._client.delete_message(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ReceiptHandleIsInvalid":
                raise

    def _drop_notification(self, message: Message, arguments: Mapping[str, Any]) -> bool:
        """Drop a notification that S3 sent during the outage, with a probability; return whether it was dropped."""
        attributes = message.get("Attributes", {})
        sent, receives = (int(attributes.get(name, 0)) for name in ("SentTimestamp", "ApproximateReceiveCount"))
        if receives > 1 or not self._outage.covers(Service.SQS, sent / 1000) or self._random.random() >= LOST_SHARE:
            return False
        self._client.delete_message(QueueUrl=arguments["QueueUrl"], ReceiptHandle=message["ReceiptHandle"])
        self.notifications_lost += 1
        return True

    def _delay_or_duplicate(self, message: Message) -> bool:
        """Draw whether a message is late or duplicated; return whether it must not be delivered now."""
        if not self._faults.active or self._random.random() >= self._faults.share:
            return False
        self._held.append((time.monotonic() + self._random.uniform(0, MAX_DELAY), message))
        late = self._random.random() < 0.5  # noqa: PLR2004 - half of them late, half of them twice
        self.delayed += late
        self.duplicated += not late
        return late

    def _take_due(self, room: int) -> list[Message]:
        now = time.monotonic()
        due = [entry for entry in self._held if entry[0] <= now][:room]
        self._held = [entry for entry in self._held if entry not in due]
        return [message for _, message in due]
