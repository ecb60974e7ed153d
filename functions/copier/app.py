"""The copy function's handler: parses an event, has its keys converged, and names the messages that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud import clients, deadline
from cloud.queue import delay_retry
from cloud.telemetry import count, logger, metrics
from copier import batch_operation, notification
from copier.batch import process
from copier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from copier.notification import Message

settings = Settings.from_environment()
clients.connect(clients.s3, clients.s3_copies, clients.dynamodb, clients.cloudfront, clients.sqs)


class NotificationFailed(Exception):
    """A notification that came without a queue could not be handled; Lambda retries the invocation."""


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch of S3 notifications, a single one, or tasks of S3 Batch Operations; return the failures.

    Raises `MalformedEvent` and `NotificationFailed`, both only for an event that did not come from the queue.
    """
    with deadline.limited_to(context):
        if batch_operation.is_batch_operation(event):
            failed = process(_read(event, batch_operation.read_messages), settings)
            return batch_operation.respond(event, failed)
        return _respond(process(_read(event, notification.read_messages), settings))


def _read(event: dict[str, Any], reader: Callable[[dict[str, Any]], tuple[Message, ...]]) -> tuple[Message, ...]:
    try:
        messages = reader(event)
    except notification.MalformedEvent:
        count("MalformedMessages")
        raise
    count("Messages", len(messages))
    return messages


def _respond(failed: Sequence[Message]) -> dict[str, list[dict[str, str]]]:
    for message in failed:
        if not message.identifier:
            raise NotificationFailed("the reason is in the log lines before this one")
        _delay_retry(message)
    return {"batchItemFailures": [{"itemIdentifier": message.identifier} for message in failed]}


def _delay_retry(message: Message) -> None:
    details: dict[str, object] = {"message_id": message.identifier}
    try:
        seconds = delay_retry(settings.queue_url, message.receipt_handle, message.receive_count)
    except Exception:  # the message still returns, only later
        logger.exception("retry delay not set: message returns after the visibility timeout", extra=details)
    else:
        logger.warning("message will be retried", extra=details | {"seconds": seconds})
