"""A queue that does often what a standard queue may do at any time: deliver twice, late, and in any order.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from chaos.faults import Faults

LONGEST: Final = 8.0
"""Seconds by which a delivery is late at most, and after which a message that was deleted comes again at the latest."""

Message = dict[str, Any]


class Deliveries:
    """What the poller takes for boto3's client of SQS."""

    def __init__(self, client: Any, faults: Faults, seed: str) -> None:  # noqa: ANN401 - boto3's client
        """Deliver what the client receives; the share of messages is that of the faults."""
        self.repeated = 0
        self.delayed = 0
        self._client = client
        self._faults = faults
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self._held: list[tuple[float, Message]] = []

    @property
    def pending(self) -> int:
        """How many deliveries are still to come."""
        return len(self._held)

    def receive_message(self, **arguments: Any) -> dict[str, list[Message]]:  # noqa: ANN401 - boto3's
        """Receive, let some messages wait, and others come a second time."""
        room = int(arguments["MaxNumberOfMessages"])
        delivered = self._take_due(room)
        if room > len(delivered):
            received = self._client.receive_message(**arguments | {"MaxNumberOfMessages": room - len(delivered)})
            delivered += [message for message in received.get("Messages", []) if not self._hold_back(message)]
        self._random.shuffle(delivered)
        return {"Messages": delivered}

    def delete_message(self, **arguments: Any) -> None:  # noqa: ANN401 - boto3's
        """Delete a message. SQS does not mind a handle that a later delivery has replaced, and the emulator does."""
        try:
            self._client.delete_message(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ReceiptHandleIsInvalid":
                raise

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
