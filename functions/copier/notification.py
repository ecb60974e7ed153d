"""Events of the copy function: which keys may have changed, and which passes over a key go on.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from copier.cursor import Cursor, read


class MalformedEvent(Exception):
    """An event that is no S3 notification."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A look at a key that may have changed: from its first row on, or from a cursor."""

    key: str
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the queue (or a notification that came without one: then all but `body` is empty)."""

    body: dict[str, Any] | str
    identifier: str = ""
    receipt_handle: str = ""
    receive_count: int = 1

    def passes(self) -> tuple[Pass, ...]:
        """Return a pass over each key that may have changed, each once; none for a test event.

        Raises `MalformedEvent`.
        """
        notification = _parsed(self.body)
        if notification.get("Event") == "s3:TestEvent":
            return ()
        try:
            if "ComeBack" in notification:
                asked = notification["ComeBack"]
                return (Pass(_text(asked["Key"]), read(asked)),)
            # A key is form-encoded in a notification: a space is a plus.
            keys = [
                unquote_plus(_text(record["s3"]["object"]["key"]), errors="strict")
                for record in notification["Records"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEvent(f"no S3 notification: {type(error).__name__} {error}") from error
        return tuple(map(Pass, dict.fromkeys(keys)))


def messages(event: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages of an SQS batch; a bare S3 notification or test event is one message.

    Raises `MalformedEvent` for anything else.
    """
    records = event.get("Records")
    if isinstance(records, list) and all(_source(record) == "aws:sqs" for record in records):
        return tuple(_from_queue(record) for record in records)
    if "Event" in event or (isinstance(records, list) and all(_source(record) == "aws:s3" for record in records)):
        return (Message(event),)
    raise MalformedEvent("neither an SQS batch nor an S3 notification")


def _from_queue(record: dict[str, Any]) -> Message:
    return Message(
        body=record["body"],
        identifier=record["messageId"],
        receipt_handle=record["receiptHandle"],
        receive_count=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
    )


def _source(record: object) -> object:
    return record.get("eventSource") if isinstance(record, dict) else None


def _parsed(body: dict[str, Any] | str) -> dict[str, Any]:
    try:
        parsed = json.loads(body) if isinstance(body, str) else body
    except (ValueError, RecursionError) as error:  # the latter of brackets in brackets, thousands deep
        raise MalformedEvent(f"no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise MalformedEvent("no JSON object")
    return parsed


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a key is text")
    return value
