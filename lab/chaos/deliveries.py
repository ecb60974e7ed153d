"""A queue that does often what a standard queue may do at any time: deliver twice, late, and in any order.

While SQS is out it delivers nothing and deletes nothing, and S3 can't notify it: what S3 tries again then and what it
gives up is not documented, so here it gives up nine in ten.
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

LONGEST: Final = 8.0
"""Seconds by which a delivery is late at most, and after which a message that was deleted comes again at the latest."""

GIVEN_UP: Final = 0.9
"""Of the notifications that S3 has while its queue is out; nothing else is sent then."""
PAUSE: Final = 1.0
"""Seconds between two looks at a queue that is out."""

Message = dict[str, Any]


class Deliveries:
    """What the poller takes for boto3's client of SQS."""

    def __init__(self, client: Any, faults: Faults, outage: Outage, seed: str) -> None:  # noqa: ANN401 - boto3's client
        """Deliver what the client receives; the share of messages is that of the faults."""
        self.repeated = 0
        self.delayed = 0
        self.given_up = 0
        """Notifications that S3 never delivered."""
        self._client = client
        self._faults = faults
        self._outage = outage
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self._held: list[tuple[float, Message]] = []

    @property
    def pending(self) -> int:
        """How many deliveries are still to come."""
        return len(self._held)

    def receive_message(self, **arguments: Any) -> dict[str, list[Message]]:  # noqa: ANN401 - boto3's
        """Receive, let some messages wait, and others come a second time."""
        if self._outage.covers(Service.SQS, time.time()):
            time.sleep(PAUSE)  # the poller calls from a thread
            return {"Messages": []}
        room = int(arguments["MaxNumberOfMessages"])
        delivered = self._take_due(room)
        if room > len(delivered):
            received = self._client.receive_message(**arguments | {"MaxNumberOfMessages": room - len(delivered)})
            came = [message for message in received.get("Messages", []) if not self._was_given_up(message, arguments)]
            delivered += [message for message in came if not self._hold_back(message)]
        self._random.shuffle(delivered)
        return {"Messages": delivered}

    def delete_message(self, **arguments: Any) -> None:  # noqa: ANN401 - boto3's
        """Delete a message. SQS does not mind a handle that a later delivery has replaced, and the emulator does."""
        if self._outage.covers(Service.SQS, time.time()):
            return  # the message comes back, by its visibility time-out
        try:
            self._client.delete_message(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ReceiptHandleIsInvalid":
                raise

    def _was_given_up(self, message: Message, arguments: Mapping[str, Any]) -> bool:
        """Tell whether S3 could not deliver a notification, and take it out of the queue, where it never was."""
        attributes = message.get("Attributes", {})
        sent, receives = (int(attributes.get(name, 0)) for name in ("SentTimestamp", "ApproximateReceiveCount"))
        if receives > 1 or not self._outage.covers(Service.SQS, sent / 1000) or self._random.random() >= GIVEN_UP:
            return False
        self._client.delete_message(QueueUrl=arguments["QueueUrl"], ReceiptHandle=message["ReceiptHandle"])
        self.given_up += 1
        return True

    def _hold_back(self, message: Message) -> bool:
        """Decide on a message; tell whether it is not to be delivered now."""
        if not self._faults.active or self._random.random() >= self._faults.share:
            return False
        self._held.append((time.monotonic() + self._random.uniform(0, LONGEST), message))
        late = self._random.random() < 0.5  # noqa: PLR2004 - one half late, one half twice
        self.delayed += late
        self.repeated += not late
        return late

    def _take_due(self, room: int) -> list[Message]:
        now = time.monotonic()
        due = [entry for entry in self._held if entry[0] <= now][:room]
        self._held = [entry for entry in self._held if entry not in due]
        return [message for _, message in due]
