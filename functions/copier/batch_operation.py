"""Invocations by S3 Batch Operations: a job that converges every key of an inventory or a manifest.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from copier.notification import MalformedEvent, Message

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_batch_operation(event: dict[str, Any]) -> bool:
    """Return whether an event is a job's."""
    return "invocationSchemaVersion" in event


def messages(event: dict[str, Any]) -> tuple[Message, ...]:
    """Return a message for each of a job's tasks. Raises `MalformedEvent`."""
    try:
        return tuple(
            Message({"ComeBack": {"Key": unquote_plus(task["s3Key"], errors="strict")}}, identifier=str(task["taskId"]))
            for task in event["tasks"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"no job of S3 Batch Operations: {type(error).__name__} {error}") from error


def answer(event: dict[str, Any], failed: Sequence[Message]) -> dict[str, Any]:
    """Return what became of each task; S3 tries the failed ones again for some time."""
    again = {message.identifier for message in failed}
    results = [
        {
            "taskId": task["taskId"],
            "resultCode": "TemporaryFailure" if str(task["taskId"]) in again else "Succeeded",
            "resultString": "see the function's log" if str(task["taskId"]) in again else "",
        }
        for task in event["tasks"]
    ]
    return {
        "invocationSchemaVersion": event["invocationSchemaVersion"],
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": event["invocationId"],
        "results": results,
    }
