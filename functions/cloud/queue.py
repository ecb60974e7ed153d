"""The queue of source events: what the copy function sends to it."""

from __future__ import annotations

import json
import random

from cloud.clients import sqs

FIRST_RETRY_SECONDS = 5
LAST_RETRY_SECONDS = 900
CONTENDED_SECONDS = 20
"""Longest delay of a key that two passes have converged at once."""
LONGEST_DELAY = 900
"""Seconds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


def requeue(queue_url: str, key: str, delay_seconds: int, **cursor: object) -> None:
    """Request another pass over a key after a delay (`LONGEST_DELAY` at most), from a cursor if there is one."""
    sqs().send_message(QueueUrl=queue_url, MessageBody=pass_message(key, **cursor), DelaySeconds=delay_seconds)


def pass_message(key: str, **cursor: object) -> str:
    """Return the message that requests another pass over a key, from a cursor if there is one."""
    return json.dumps({"NextPass": {"Key": key, **cursor}})


def continue_run(queue_url: str, request: dict[str, object], delay_seconds: int) -> None:
    """Request the next piece of a reconciliation; `request` has the run and the number of the piece."""
    sqs().send_message(QueueUrl=queue_url, MessageBody=json.dumps({"Reconcile": request}), DelaySeconds=delay_seconds)


def jitter(longest: int) -> int:
    """Return a random delay, at least half of the longest, so that two passes that met do not meet again."""
    return random.randint(longest // 2, longest)  # noqa: S311 (guards nothing)


def delay_retry(queue_url: str, receipt_handle: str, receive_count: int) -> int:
    """Set the delay after which a failed message is retried, four times as long each time; return its seconds.

    Without it the message would wait for the queue's whole visibility timeout.
    """
    delay = jitter(min(FIRST_RETRY_SECONDS * 4**receive_count, LAST_RETRY_SECONDS))
    sqs().change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=delay)
    return delay
