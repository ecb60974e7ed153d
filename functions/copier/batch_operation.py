"""Invocations by S3 Batch Operations: a job that converges every key of an inventory or a manifest.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3BatchOperationEvent

from copier.notification import MalformedEvent, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.data_classes.s3_batch_operation_event import S3BatchOperationTask


def is_batch_operation(event: dict[str, Any]) -> bool:
    """Return whether an event comes from a job of S3 Batch Operations."""
    return "invocationSchemaVersion" in event


def read_messages(event: dict[str, Any]) -> tuple[Message, ...]:
    """Return a message for each of a job's tasks. Raises `MalformedEvent`."""
    try:
        return tuple(
            # Not `task.s3_key`: that replaces what is not UTF-8, and so names another key.
            Message({"NextPass": {"Key": unquote_plus(task["s3Key"], errors="strict")}}, identifier=str(task.task_id))
            for task in S3BatchOperationEvent(event).tasks
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"not a job of S3 Batch Operations: {type(error).__name__} {error}") from error


def respond(event: dict[str, Any], failed: Sequence[Message]) -> dict[str, Any]:
    """Return the result of each task; S3 retries the failed ones for some time.

    Not a `S3BatchOperationResponse`, which holds the result of one task only.
    """
    job = S3BatchOperationEvent(event)
    retried = {message.identifier for message in failed}
    return {
        "invocationSchemaVersion": job.invocation_schema_version,
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": job.invocation_id,
        "results": [_result(task, retry=str(task.task_id) in retried) for task in job.tasks],
    }


def _result(task: S3BatchOperationTask, *, retry: bool) -> dict[str, Any]:
    if retry:
        return task.build_task_batch_response("TemporaryFailure", "see the function's log").asdict()
    return task.build_task_batch_response("Succeeded").asdict()
