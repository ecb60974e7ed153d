"""The event source mapping of a queue and a function: Lambda's poller.

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
"""Messages that one ReceiveMessage returns at most."""
WAIT_SECONDS = 1
"""The long poll: short, because stopping waits for it."""
CONNECTION_SECONDS = 11 * 3600
"""How long a client of the queue is kept: less than its role's credentials last (12 h)."""
BACKOFF_SECONDS = 1.0
"""Until the next try, when the queue can't be asked."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventSource:
    """A deployed mapping. `window` is in seconds; `concurrency` 0 is no limit of the mapping's own."""

    queue_url: str
    queue_arn: str
    function_arn: str
    batch_size: int
    window: int = 0
    concurrency: int = 0
    reports_failures: bool = False


class Poller:
    """Takes batches from a queue, hands them to a function, and deletes what succeeded.

    What failed becomes visible again when the queue says so, and goes to the dead letters by the queue's own policy.
    """

    def __init__(
        self,
        source: EventSource,
        connect: Connect,
        invoke: Invoke,
        batches: int,
        announce: Callable[[str], None] = lambda _body: None,
    ) -> None:
        """Prepare to poll; `batches` may be under way at once.

        `connect` returns boto3's client of SQS with the function's role; `announce` is told of each message's body.
        """
        self.source = source
        self._connect = connect
        self._queues: Any = None
        self._renewal = 0.0
        self._invoke = invoke
        self._announce = announce
        self._free = asyncio.Semaphore(min(source.concurrency or batches, batches))
        self._under_way: set[asyncio.Task[None]] = set()
        self._region = source.queue_arn.split(":")[3]

    async def run(self) -> None:
        """Poll until cancelled; what is under way then is cancelled too, and comes back by its visibility time-out."""
        try:
            while True:
                await self._free.acquire()  # first, so that no message is taken that nobody has the hands to handle
                if time.monotonic() >= self._renewal:
                    self._queues = await self._connect()
                    self._renewal = time.monotonic() + CONNECTION_SECONDS
                batch = await self._collect()
                if not batch:
                    self._free.release()
                    continue
                task = asyncio.create_task(self._handle(batch))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _collect(self) -> list[Message]:
        """Receive until the batch is full, or its window is over since the first message, or there is none."""
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
            logger.error("%s can't be polled: %s", self.source.queue_arn, error)  # noqa: TRY400 - its trace says nothing more
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
            logger.exception("A batch of %s comes back", self.source.queue_arn)
        finally:
            self._free.release()

    async def _delete(self, messages: list[Message]) -> None:
        """Delete one by one: the emulator demands a permission named after DeleteMessageBatch, which AWS has not."""
        delete = self._queues.delete_message
        await asyncio.gather(
            *[
                asyncio.to_thread(delete, QueueUrl=self.source.queue_url, ReceiptHandle=message["ReceiptHandle"])
                for message in messages
            ]
        )


def build_record(message: Message, queue: str, region: str) -> dict[str, Any]:
    """Turn a message as SQS returns it into a record as Lambda hands it over, which spells the same otherwise."""
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

    No answer, or an empty one, is success; an error, no JSON, or an item without an id in it fails the whole batch.
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
