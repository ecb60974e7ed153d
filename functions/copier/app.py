"""The copy function: makes the destination bucket agree with the source bucket, for each key that may have changed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cloud import clients, deadline
from cloud.edge import invalidate_originals
from cloud.queue import CONTENDED_SECONDS, come_back, retry_soon, spread
from cloud.table.originals import RowChanged
from cloud.telemetry import Stopwatch, count, count_bytes, logger, metrics
from copier import batch_operation, reconciliation_run
from copier.convergence import Change, Finding, Synchronised, conclude, find, synchronise
from copier.notification import MalformedEvent, Message, Pass, messages
from copier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

POSTPONED_SECONDS = 1

settings = Settings.from_environment()
clients.connect(clients.s3, clients.s3_copies, clients.dynamodb, clients.cloudfront, clients.sqs)


class Failed(Exception):
    """A notification that came without a queue could not be handled; Lambda tries it again."""


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch of S3 notifications, a bare one, or tasks of S3 Batch Operations, and name what failed.

    Raises `MalformedEvent` and `Failed`, which only an event without a queue can cause.
    """
    deadline.begin(context)
    if batch_operation.is_batch_operation(event):
        return batch_operation.answer(event, _handle(_read(event, batch_operation.messages)))
    batch = _read(event, messages)
    due = [message for message in batch if reconciliation_run.is_due(message)]
    failed = _handle([message for message in batch if message not in due])
    return _answer([*failed, *(message for message in due if not _reconcile(message))])


def _handle(batch: Sequence[Message]) -> list[Message]:
    """Make all passes of a batch, and return the messages that have to come again."""
    stopwatch = Stopwatch()
    failed: set[Pass] = set()
    wanted = [(message, _passes_of(message)) for message in batch]
    findings: dict[Pass, Finding] = {}
    for asked, message in {asked: message for message, passes in wanted for asked in passes or ()}.items():
        logger.set_correlation_id(message.identifier)
        with _guard(asked, failed):
            if deadline.left() < clients.COPY_ATTEMPT:
                _postpone(asked)
            else:
                findings[asked] = _converge(asked, stopwatch)
    _invalidate([asked for asked, finding in findings.items() if finding.invalidates], failed, stopwatch)
    for asked, finding in findings.items():
        if asked not in failed:
            with _guard(asked, failed), stopwatch.step("conclude"):
                _conclude(asked, finding)
    stopwatch.publish()
    return [message for message, passes in wanted if passes is None or failed & set(passes)]


def _reconcile(message: Message) -> bool:
    """Do a piece of a reconciliation, after everything else of the batch; return False where it has to come again."""
    logger.set_correlation_id(message.identifier)
    try:
        reconciliation_run.go_on(message, settings)
    except Exception:
        logger.exception("a piece of a reconciliation failed and is tried again")
        count("Failures")
        return False
    return True


@contextmanager
def _guard(asked: Pass, failed: set[Pass]) -> Iterator[None]:
    """Keep the failure of one key from failing the others."""
    try:
        yield
    except Exception:
        logger.exception("a key failed and is tried again", extra={"key": asked.key})
        count("Failures")
        failed.add(asked)


def _read(event: dict[str, Any], reader: Callable[[dict[str, Any]], tuple[Message, ...]]) -> tuple[Message, ...]:
    try:
        batch = reader(event)
    except MalformedEvent:
        count("MalformedMessages")
        raise
    count("Messages", len(batch))
    return batch


def _passes_of(message: Message) -> tuple[Pass, ...] | None:
    """Return what a message asks for, or None for one that can't be read: it fails, and ends among the dead letters."""
    logger.set_correlation_id(message.identifier)
    try:
        passes = message.passes()
    except MalformedEvent:
        logger.exception("a message is no S3 notification")
        count("MalformedMessages")
        return None
    keys = [asked.key for asked in passes]
    logger.info("the source bucket announced a change", extra={"step": "B", "keys": keys})
    return passes


def _postpone(asked: Pass) -> None:
    """Leave a key that may not be finished in time to a message of its own, whose tries are counted anew."""
    logger.info("no time is left for a copy, and the key comes again", extra={"key": asked.key})
    count("Postponed")
    _come_back(asked, POSTPONED_SECONDS)


def _come_back(asked: Pass, delay_seconds: int) -> None:
    cursor = asked.cursor.written() if asked.cursor else {}
    come_back(settings.queue_url, asked.key, delay_seconds, **cursor)


def _converge(asked: Pass, stopwatch: Stopwatch) -> Finding:
    with stopwatch.step("synchronise"):
        original = synchronise(asked.key, settings)
    if original.change is Change.REFUSED:
        count("Refused")
    with stopwatch.step("purge"):
        # What was seen on earlier pages does not hold for an original that has only changed now.
        finding = find(original, asked.cursor if original.change is Change.NONE else None, settings)
    _report(original, finding)
    return finding


def _report(original: Synchronised, finding: Finding) -> None:
    logger.info(
        "looked at both buckets",
        extra={
            "step": "C",
            "key": original.key,
            "change": original.change.value,
            "purged": finding.purged,
            "goes_on": finding.goes_on is not None,
        },
    )
    if original.change is Change.COPIED:
        count("Copies")
        count_bytes("BytesCopied", original.size)
    if original.change is Change.REMOVED:
        count("Removals")
    count("PurgedDerivatives", finding.purged)


def _invalidate(passes: Sequence[Pass], failed: set[Pass], stopwatch: Stopwatch) -> None:
    """Make the edge forget originals and what was made of them: one path each, in one call."""
    if not passes:
        return
    keys = list(dict.fromkeys(asked.key for asked in passes))
    try:
        with stopwatch.step("invalidate"):
            identifier = invalidate_originals(settings.distribution, keys)
    except Exception:
        logger.exception("the edge could not be told, and the keys are tried again", extra={"keys": keys})
        count("Failures", len(keys))
        failed.update(passes)
    else:
        logger.info("the edge forgets", extra={"step": "C", "keys": keys, "invalidation": identifier})
        count("Invalidations", len(keys))


def _conclude(asked: Pass, finding: Finding) -> None:
    try:
        conclude(finding, settings)
    except RowChanged:
        # No failure, since somebody else got on with the key. If it were one, a key that changes all the time would end
        # among the dead letters; and a message with a cursor would go on where it did, not begin anew.
        logger.info("another pass was quicker, and the key comes again", extra={"key": asked.key})
        _come_back(Pass(asked.key), spread(CONTENDED_SECONDS))
        return
    if finding.goes_on:
        _come_back(Pass(asked.key, finding.goes_on), 0)
    elif finding.comes_back:
        _come_back(Pass(asked.key), settings.settle_seconds)
        count("LaterPasses")


def _answer(failed: Sequence[Message]) -> dict[str, list[dict[str, str]]]:
    for message in failed:
        if not message.identifier:
            raise Failed("see the log lines before this one")
        try:
            delay = retry_soon(settings.queue_url, message.receipt_handle, message.receive_count)
        except Exception:  # the queue's own visibility timeout brings it back, only later
            logger.exception("a message waits for its visibility timeout", extra={"message_id": message.identifier})
        else:
            logger.warning("a message comes again", extra={"message_id": message.identifier, "seconds": delay})
    return {"batchItemFailures": [{"itemIdentifier": message.identifier} for message in failed]}
