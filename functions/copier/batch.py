"""Converges the keys of a batch of messages: each key once, and one invalidation call for all that changed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloud import clients, deadline
from cloud.edge import invalidate_originals
from cloud.queue import CONTENDED_SECONDS, jitter, requeue
from cloud.table.originals import RowChanged
from cloud.telemetry import Stopwatch, count, count_bytes, logger
from copier import reconciliation_run
from copier.convergence import Change, PurgeResult, Synchronised, conclude, purge, synchronise
from copier.notification import MalformedEvent, Message, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copier.settings import Settings

POSTPONED_SECONDS = 1


def process(messages: Sequence[Message], settings: Settings) -> list[Message]:
    """Converge the keys of all messages, then do the pieces of a reconciliation; return the messages that failed."""
    pieces = [message for message in messages if reconciliation_run.is_piece(message)]
    failed = Batch(settings).converge([message for message in messages if message not in pieces])
    return [*failed, *(message for message in pieces if not _reconcile(message, settings))]


def _reconcile(message: Message, settings: Settings) -> bool:
    """Do one piece of a reconciliation; return False where it failed."""
    logger.set_correlation_id(message.identifier)
    try:
        reconciliation_run.run_piece(message, settings)
    except Exception:
        logger.exception("reconciliation piece failed, will be retried")
        count("Failures")
        return False
    return True


def _tasks_of(message: Message) -> tuple[Task, ...] | None:
    """Return a message's tasks, or None for a malformed one: it fails, and ends in the dead letter queue."""
    logger.set_correlation_id(message.identifier)
    try:
        tasks = message.tasks()
    except MalformedEvent:
        logger.exception("malformed message")
        count("MalformedMessages")
        return None
    logger.info("received change notification", extra={"step": "B", "keys": [task.key for task in tasks]})
    return tasks


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch in progress: the settings, and which tasks have failed so far."""

    settings: Settings
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    failed: set[Task] = field(default_factory=set)

    def converge(self, messages: Sequence[Message]) -> list[Message]:
        """Converge each key once, and return the messages that failed."""
        tasks_of = [(message, _tasks_of(message)) for message in messages]
        results: dict[Task, PurgeResult] = {}
        for task, message in {task: message for message, tasks in tasks_of for task in tasks or ()}.items():
            logger.set_correlation_id(message.identifier)
            with self._isolated(task):
                if deadline.left() < clients.COPY_ATTEMPT:
                    self._postpone(task)
                else:
                    results[task] = self._synchronise_and_purge(task)
        self._invalidate([task for task, result in results.items() if result.invalidates])
        for task, result in results.items():
            if task not in self.failed:
                with self._isolated(task), self.stopwatch.step("conclude"):
                    self._conclude(task, result)
        self.stopwatch.publish()
        return [message for message, tasks in tasks_of if tasks is None or self.failed & set(tasks)]

    @contextmanager
    def _isolated(self, task: Task) -> Iterator[None]:
        """Keep the failure of one key from failing the others."""
        try:
            yield
        except Exception:
            logger.exception("key failed, will be retried", extra={"key": task.key})
            count("Failures")
            self.failed.add(task)

    def _postpone(self, task: Task) -> None:
        """Move a key that may not be finished in time to a message of its own, which has all its retries left."""
        logger.info("not enough time left for a copy, key requeued", extra={"key": task.key})
        count("Postponed")
        self._requeue(task, POSTPONED_SECONDS)

    def _requeue(self, task: Task, delay_seconds: int) -> None:
        cursor = task.cursor.to_json() if task.cursor else {}
        requeue(self.settings.queue_url, task.key, delay_seconds, **cursor)

    def _synchronise_and_purge(self, task: Task) -> PurgeResult:
        with self.stopwatch.step("synchronise"):
            original = synchronise(task.key, self.settings)
        if original.change is Change.REFUSED:
            count("Refused")
        with self.stopwatch.step("purge"):
            # A cursor holds for the original of the earlier pages only, so a change starts again at the first page.
            cursor = task.cursor if original.change is Change.NONE else None
            result = purge(original, cursor, self.settings)
        _report(original, result)
        return result

    def _invalidate(self, tasks: Sequence[Task]) -> None:
        """Invalidate originals and everything made of them: one path for each, all in one call."""
        if not tasks:
            return
        keys = list(dict.fromkeys(task.key for task in tasks))
        try:
            with self.stopwatch.step("invalidate"):
                identifier = invalidate_originals(self.settings.distribution, keys)
        except Exception:
            logger.exception("invalidation failed, keys will be retried", extra={"keys": keys})
            count("Failures", len(keys))
            self.failed.update(tasks)
        else:
            logger.info("cache tags invalidated", extra={"step": "C", "keys": keys, "invalidation": identifier})
            count("Invalidations", len(keys))

    def _conclude(self, task: Task, result: PurgeResult) -> None:
        try:
            conclude(result, self.settings)
        except RowChanged:
            # Not a failure, because another pass made progress. Otherwise a key that changes all the time would end in
            # the dead letter queue, and a retried message with a cursor would continue there and not begin again.
            logger.info("row changed concurrently, key requeued", extra={"key": task.key})
            self._requeue(Task(task.key), jitter(CONTENDED_SECONDS))
            return
        if result.next_page:
            self._requeue(Task(task.key, result.next_page), 0)
        elif result.needs_later_pass:
            self._requeue(Task(task.key), self.settings.settle_seconds)
            count("LaterPasses")


def _report(original: Synchronised, result: PurgeResult) -> None:
    details: dict[str, object] = {
        "key": original.key,
        "change": original.change.value,
        "purged": result.purged,
        "more_pages": result.next_page is not None,
    }
    logger.info("compared source and destination", extra={"step": "C"} | details)
    if original.change is Change.COPIED:
        count("Copies")
        count_bytes("BytesCopied", original.size)
    if original.change is Change.REMOVED:
        count("Removals")
    count("PurgedDerivatives", result.purged)
