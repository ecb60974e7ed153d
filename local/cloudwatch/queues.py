"""CloudWatch's metrics of queues, which the emulator does not emit: number and age of waiting messages."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from local.cloudwatch.metrics import Metric, Metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.cloudwatch.widgets import Widget

INTERVAL: Final = 5.0
"""Seconds between two measurements."""


def find_queues(widgets: Iterable[Widget]) -> frozenset[str]:
    """Return the names of the queues in the widgets."""
    metrics = [line.metric for widget in widgets for line in widget.lines if line.metric is not None]
    return frozenset(
        value
        for metric in metrics
        if metric.namespace == "AWS/SQS"
        for name, value in metric.dimensions
        if name == "QueueName"
    )


class QueueWatch:
    """Measures queues at intervals."""

    def __init__(self, client: Any, names: Iterable[str], metrics: Metrics) -> None:  # noqa: ANN401 - boto3's sqs client
        """Prepare to measure queues by name."""
        self._client = client
        self._metrics = metrics
        self._waiting_since: dict[str, float | None] = dict.fromkeys(names)

    async def run(self) -> None:
        """Measure until cancelled. A failed measurement is skipped."""
        while True:
            for name in self._waiting_since:
                try:
                    waiting = await asyncio.to_thread(self._count, name)
                except self._client.exceptions.ClientError:
                    continue
                self.record(name, waiting, time.time())
            await asyncio.sleep(INTERVAL)

    def record(self, name: str, waiting: int, now: float) -> None:
        """Record the number of waiting messages.

        SQS does not return the age of the oldest message: it is estimated as the time since the queue was last empty.
        """
        since = self._waiting_since[name] or now
        self._waiting_since[name] = since if waiting else None
        dimensions = frozenset({("QueueName", name)})
        age = now - since if waiting else 0.0
        self._metrics.add(Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", dimensions), now, float(waiting))
        self._metrics.add(Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", dimensions), now, age)

    def _count(self, name: str) -> int:
        attribute = "ApproximateNumberOfMessages"
        url = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])
        return int(answer["Attributes"][attribute])
