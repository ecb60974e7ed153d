"""The queue of source events, as the copy function writes to it."""

from __future__ import annotations

import json
import random

from cloud.clients import sqs

FIRST_RETRY_SECONDS = 5
LAST_RETRY_SECONDS = 900
CONTENDED_SECONDS = 20
"""After which a key that another pass has got on with comes again, at the latest."""
LONGEST_DELAY = 900
"""Seconds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


def come_back(queue_url: str, key: str, delay_seconds: int, **cursor: object) -> None:
    """Ask for another pass over a key after a delay (`LONGEST_DELAY` at most), from a cursor on where there is one."""
    sqs().send_message(QueueUrl=queue_url, MessageBody=pass_message(key, **cursor), DelaySeconds=delay_seconds)


def pass_message(key: str, **cursor: object) -> str:
    """Return the message that asks for another pass over a key, from a cursor on where there is one."""
    return json.dumps({"ComeBack": {"Key": key, **cursor}})


def continue_run(queue_url: str, request: dict[str, object], delay_seconds: int) -> None:
    """Ask for the next piece of a reconciliation; `request` says of which run, and which."""
    sqs().send_message(QueueUrl=queue_url, MessageBody=json.dumps({"Reconcile": request}), DelaySeconds=delay_seconds)


def spread(longest: int) -> int:
    """Return a random delay, from half of the longest on, so that what met does not meet again."""
    return random.randint(longest // 2, longest)  # noqa: S311 (guards nothing)


def retry_soon(queue_url: str, receipt_handle: str, receive_count: int) -> int:
    """Let a failed message be tried again after a delay, four times as long with each try, and return its seconds.

    Without it the message would wait for the queue's whole visibility timeout.
    """
    delay = spread(min(FIRST_RETRY_SECONDS * 4**receive_count, LAST_RETRY_SECONDS))
    sqs().change_message_visibility(QueueUrl=queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=delay)
    return delay
