"""The poller with a queue in memory."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local.lambdas.function import Answer
from local.lambdas.poller import EventSource, Poller, build_record, find_failures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Run = Callable[..., Awaitable[None]]

SOURCE = EventSource("http://queue", "arn:aws:sqs:eu-west-1:1:q", "arn:function", 10, reports_failures=True)


@dataclass
class Queue:
    """A client of SQS with messages by id. A received message stays invisible."""

    waiting: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    failures: int = 0
    most: int = 0

    def receive_message(self, *, MaxNumberOfMessages: int, **_options: Any) -> dict[str, Any]:  # noqa: N803 - boto3's
        if self.failures:
            self.failures -= 1
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ReceiveMessage")
        self.most = max(self.most, MaxNumberOfMessages)
        taken, self.waiting = self.waiting[:MaxNumberOfMessages], self.waiting[MaxNumberOfMessages:]
        return {"Messages": [{"MessageId": id_, "ReceiptHandle": f"handle-{id_}", "Body": id_} for id_ in taken]}

    def delete_message(self, *, ReceiptHandle: str, **_options: Any) -> None:  # noqa: N803 - boto3's
        self.deleted.append(ReceiptHandle.removeprefix("handle-"))


@dataclass
class Handler:
    """A function that records its events, with an answer that a test sets."""

    batches: list[list[str]] = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: Answer(b'{"batchItemFailures": []}'))
    called: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None

    async def invoke(self, event: bytes) -> Answer:
        self.batches.append([record["messageId"] for record in json.loads(event)["Records"]])
        self.called.set()
        if self.hold:
            await self.hold.wait()
        return self.answer


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
async def run() -> AsyncIterator[Callable[[EventSource, Queue, Handler], None]]:
    """Start a poller that is stopped after the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(source: EventSource, queue: Queue, handler: Handler) -> None:
        async def connect() -> Queue:
            return queue

        tasks.append(asyncio.create_task(Poller(source, connect, handler.invoke, 4).run()))

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - threads change what it looks at
            await asyncio.sleep(0.005)


async def test_a_batch_is_processed_and_deleted(run: Callable[..., None], queue: Queue) -> None:
    queue.waiting = ["a", "b"]
    handler = Handler()
    run(SOURCE, queue, handler)
    await until(lambda: len(queue.deleted) == 2)
    assert sorted(queue.deleted) == ["a", "b"]
    assert sorted(id_ for batch in handler.batches for id_ in batch) == ["a", "b"]


async def test_failed_messages_stay_in_the_queue(run: Callable[..., None], queue: Queue) -> None:
    queue.waiting = ["a", "b", "c"]
    handler = Handler(answer=Answer(b'{"batchItemFailures": [{"itemIdentifier": "b"}]}'))
    run(SOURCE, queue, handler)
    await until(lambda: len(queue.deleted) == 2)
    assert sorted(queue.deleted) == ["a", "c"]


async def test_a_failed_invocation_leaves_the_whole_batch(run: Callable[..., None], queue: Queue) -> None:
    queue.waiting = ["a", "b"]
    handler = Handler(answer=Answer(b"{}", "Unhandled"))
    run(SOURCE, queue, handler)
    await handler.called.wait()
    handler.answer = Answer(b"{}")
    queue.waiting = ["c"]
    await until(lambda: queue.deleted == ["c"])


async def test_the_mapping_limits_the_concurrent_batches(run: Callable[..., None], queue: Queue) -> None:
    queue.waiting = [str(number) for number in range(10)]
    handler = Handler(hold=asyncio.Event())
    run(replace(SOURCE, batch_size=1, concurrency=2), queue, handler)
    await until(lambda: len(handler.batches) == 2)
    assert len(queue.waiting) == 8  # no message is taken that must wait
    assert handler.hold
    handler.hold.set()
    await until(lambda: len(queue.deleted) == 10)


async def test_a_batch_above_ten_messages_is_gathered_within_its_window(run: Callable[..., None], queue: Queue) -> None:
    queue.waiting = [str(number) for number in range(25)]
    handler = Handler()
    run(replace(SOURCE, batch_size=25, window=5), queue, handler)
    await until(lambda: len(queue.deleted) == 25)
    assert [len(batch) for batch in handler.batches] == [25]
    assert queue.most == 10


async def test_a_failed_poll_is_repeated(
    run: Callable[..., None], queue: Queue, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.lambdas.poller.BACKOFF_SECONDS", 0.0)
    queue.waiting, queue.failures = ["a"], 2
    run(SOURCE, queue, Handler())
    await until(lambda: queue.deleted == ["a"])
    assert "AccessDenied" in caplog.text


def test_a_record_has_lambda_s_spelling() -> None:
    message = {
        "MessageId": "1",
        "ReceiptHandle": "h",
        "Body": "{}",
        "MD5OfBody": "m",
        "Attributes": {"ApproximateReceiveCount": "2"},
        "MessageAttributes": {"a": {"StringValue": "x", "BinaryValue": b"\xff", "DataType": "String"}},
    }
    assert build_record(message, SOURCE.queue_arn, "eu-west-1") == {
        "messageId": "1",
        "receiptHandle": "h",
        "body": "{}",
        "md5OfBody": "m",
        "attributes": {"ApproximateReceiveCount": "2"},
        "messageAttributes": {
            "a": {
                "stringValue": "x",
                "binaryValue": "/w==",
                "dataType": "String",
                "stringListValues": [],
                "binaryListValues": [],
            }
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q",
        "awsRegion": "eu-west-1",
    }


@pytest.mark.parametrize("payload", [b"", b"null", b"{}", b'{"batchItemFailures": null}', b'{"batchItemFailures": []}'])
def test_an_empty_answer_is_success(payload: bytes) -> None:
    assert find_failures(Answer(payload), ["a", "b"], SOURCE) == set()


@pytest.mark.parametrize(
    "payload",
    [
        b"no json",
        b'"text"',
        b"[1]",
        b'{"batchItemFailures": [{"itemIdentifier": ""}]}',
        b'{"batchItemFailures": [{"itemIdentifier": null}]}',
        b'{"batchItemFailures": [{"itemIdentifer": "a"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": "unknown"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": ["a"]}]}',
        b'{"batchItemFailures": "a"}',
    ],
)
def test_a_malformed_answer_fails_the_whole_batch(payload: bytes) -> None:
    assert find_failures(Answer(payload), ["a", "b"], SOURCE) == {"a", "b"}


def test_failures_count_only_if_the_mapping_reports_them() -> None:
    answer = Answer(b'{"batchItemFailures": [{"itemIdentifier": "a"}]}')
    assert find_failures(answer, ["a", "b"], replace(SOURCE, reports_failures=False)) == set()
