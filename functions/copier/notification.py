"""Messages of the copy function: which keys may have changed, and which passes over a key continue.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3Event, SQSEvent

from copier import cursor
from copier.cursor import Cursor, checked

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import SQSRecord


class MalformedEvent(Exception):
    """An event or message that is none of those described here."""


@dataclass(frozen=True, slots=True)
class Task:
    """A key to converge: from its first row, or from a cursor."""

    key: str
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the queue. For a notification without a queue, only `body` has a value."""

    body: dict[str, Any] | str
    identifier: str = ""
    receipt_handle: str = ""
    receive_count: int = 1

    def tasks(self) -> tuple[Task, ...]:
        """Return one task for each key that may have changed; none for a test event. Raises `MalformedEvent`."""
        body = _parse(self.body)
        if body.get("Event") == "s3:TestEvent":
            return ()
        try:
            if "NextPass" in body:
                request = body["NextPass"]
                return (Task(checked(request["Key"], str), cursor.read(request)),)
            # A key is form-encoded in a notification: a space is a plus.
            keys = [
                unquote_plus(checked(record.s3.get_object.key, str), errors="strict")
                for record in S3Event(body).records
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEvent(f"not an S3 notification: {type(error).__name__} {error}") from error
        return tuple(map(Task, dict.fromkeys(keys)))


def read_messages(event: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages of an SQS batch; an S3 notification or test event without a queue is one message.

    Raises `MalformedEvent` for anything else.
    """
    records = event.get("Records")
    if isinstance(records, list) and all(_source(record) == "aws:sqs" for record in records):
        try:
            return tuple(map(_read_record, SQSEvent(event).records))
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEvent(f"not an SQS batch: {type(error).__name__} {error}") from error
    if "Event" in event or (isinstance(records, list) and all(_source(record) == "aws:s3" for record in records)):
        return (Message(event),)
    raise MalformedEvent("neither an SQS batch nor an S3 notification")


def _source(record: object) -> object:
    return record.get("eventSource") if isinstance(record, dict) else None


def _read_record(record: SQSRecord) -> Message:
    return Message(
        body=record.body,
        identifier=record.message_id,
        receipt_handle=record.receipt_handle,
        receive_count=int(record.attributes.approximate_receive_count),
    )


def _parse(body: dict[str, Any] | str) -> dict[str, Any]:
    try:
        parsed = json.loads(body) if isinstance(body, str) else body
    except (ValueError, RecursionError) as error:  # the latter for brackets nested thousands deep
        raise MalformedEvent(f"not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise MalformedEvent("not a JSON object")
    return parsed
