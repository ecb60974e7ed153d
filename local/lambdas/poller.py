"""The event source mapping of a queue and a function: Lambda's poller.

The emulator's own mapping can't replace it: it fails on a template's MaximumConcurrency, does not check
the role's permissions, and takes an unreadable batch response as success.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and .../services-sqs-errorhandling.html
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.lambdas.function import Answer

    Invoke = Callable[[bytes], Awaitable[Answer]]
    Connect = Callable[[], Awaitable[Any]]

logger = logging.getLogger(__name__)

RECEIVE_LIMIT = 10
"""Maximum number of messages of a ReceiveMessage."""
WAIT_SECONDS = 1
"""Of a long poll; short, because shutdown waits for it."""
CONNECTION_SECONDS = 11 * 3600
"""Lifetime of a client of the queue: less than that of its role's credentials (12 h)."""
BACKOFF_SECONDS = 1.0
"""Pause after a failed poll."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventSource:
    """A deployed mapping. `window` is in seconds; `concurrency` 0 sets no limit."""

    queue_url: str
    queue_arn: str
    function_arn: str
    batch_size: int
    window: int = 0
    concurrency: int = 0
    reports_failures: bool = False


class Poller:
    """Receives batches from a queue, invokes a function with them, and deletes the messages that succeeded.

    Failed messages become visible again by the queue's time-out, and move to the dead letters by its redrive policy.
    """

    def __init__(
        self,
        source: EventSource,
        connect: Connect,
        invoke: Invoke,
        batches: int,
        announce: Callable[[str], None] = lambda _body: None,
    ) -> None:
        """Prepare to poll; `batches` limits the concurrent batches.

        `connect` returns boto3's client of SQS with the function's role; `announce` is called with each message's body.
        """
        self.source = source
        self._connect = connect
        self._queues: Any = None
        self._renewal = 0.0
        self._invoke = invoke
        self._announce = announce
        self._free = asyncio.Semaphore(min(source.concurrency or batches, batches))
        self._pending: set[asyncio.Task[None]] = set()
        self._region = source.queue_arn.split(":")[3]

    async def run(self) -> None:
        """Poll until cancelled. Pending batches are cancelled as well, and become visible again by the time-out."""
        try:
            while True:
                await self._free.acquire()  # first, so that no message is received without a free slot
                if time.monotonic() >= self._renewal:
                    self._queues = await self._connect()
                    self._renewal = time.monotonic() + CONNECTION_SECONDS
                batch = await self._collect()
                if not batch:
                    self._free.release()
                    continue
                task = asyncio.create_task(self._handle(batch))
                self._pending.add(task)
                task.add_done_callback(self._pending.discard)
        finally:
            for task in self._pending:
                task.cancel()
            await asyncio.gather(*self._pending, return_exceptions=True)

    async def _collect(self) -> list[Message]:
        """Receive until the batch is full, its window after the first message has passed, or the queue is empty."""
        batch: list[Message] = []
        end = float("inf")
        while len(batch) < self.source.batch_size and time.monotonic() < end:
            received = await self._receive(min(RECEIVE_LIMIT, self.source.batch_size - len(batch)))
            if received and not batch:
                end = time.monotonic() + self.source.window
            batch += received
            if not batch:
                break
        return batch

    async def _receive(self, count: int) -> list[Message]:
        try:
            answer = await asyncio.to_thread(
                self._queues.receive_message,
                QueueUrl=self.source.queue_url,
                MaxNumberOfMessages=count,
                WaitTimeSeconds=WAIT_SECONDS,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            logger.error("polling %s failed: %s", self.source.queue_arn, error)  # noqa: TRY400 - the stack trace adds nothing
            await asyncio.sleep(BACKOFF_SECONDS)
            return []
        messages: list[Message] = answer.get("Messages", [])
        for message in messages:
            self._announce(message["Body"])
        return messages

    async def _handle(self, batch: list[Message]) -> None:
        try:
            records = [build_record(message, self.source.queue_arn, self._region) for message in batch]
            answer = await self._invoke(json.dumps({"Records": records}).encode())
            failed = find_failures(answer, [message["MessageId"] for message in batch], self.source)
            await self._delete([message for message in batch if message["MessageId"] not in failed])
        except Exception:
            logger.exception("batch of %s failed, its messages become visible again", self.source.queue_arn)
        finally:
            self._free.release()

    async def _delete(self, messages: list[Message]) -> None:
        """Delete one by one: the emulator requires a permission DeleteMessageBatch, which AWS does not have."""
        delete = self._queues.delete_message
        await asyncio.gather(
            *[
                asyncio.to_thread(delete, QueueUrl=self.source.queue_url, ReceiptHandle=message["ReceiptHandle"])
                for message in messages
            ]
        )


def build_record(message: Message, queue: str, region: str) -> dict[str, Any]:
    """Convert a message of SQS to a record of Lambda's event, which uses camelCase."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {spelling[0].lower() + spelling[1:]: _as_text(item) for spelling, item in value.items()}
            | {"stringListValues": [], "binaryListValues": []}
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": region,
    }


def _as_text(value: str | bytes) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def find_failures(answer: Answer, messages: list[str], source: EventSource) -> set[str]:
    """Return the ids of the messages that failed, by "Success and failure conditions" of the documentation.

    An empty answer is success; an error, invalid JSON, or an item without a known id fails the whole batch.
    """
    everything = set(messages)
    if answer.error:
        return everything
    if not source.reports_failures:
        return set()
    try:
        items = (json.loads(answer.payload or b"null") or {}).get("batchItemFailures") or []
        failed = {item["itemIdentifier"] for item in items}
    except (ValueError, KeyError, TypeError, AttributeError):
        return everything
    return failed if not failed - everything else everything
