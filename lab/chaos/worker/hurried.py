"""The copy function's handler with shorter time limits and pauses than deployed.

They are divided by `HURRY`, so that a run with faults ends within minutes; a failed message waits `LONGEST_RETRY`
seconds at most. A limit on a call stays above what a busy machine needs to answer it.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from botocore.retries import standard

from cloud import clients, queue

HURRY = float(os.environ["HURRY"])
SHORTEST_READ = 1.0
"""Seconds."""

_pause = standard.ExponentialBackoff.delay_amount
_make_client = clients._client  # noqa: SLF001 - the one place through which all limits go


def _make_hurried_client(service: str, read_timeout: float, attempts: int) -> Any:  # noqa: ANN401 - boto3's
    return _make_client(service, max(SHORTEST_READ, read_timeout / HURRY), attempts)  # type: ignore[arg-type]


def _pause_shorter(backoff: standard.ExponentialBackoff, context: standard.RetryContext) -> float:
    pause: float = _pause(backoff, context)
    return pause / HURRY


clients._client = _make_hurried_client  # noqa: SLF001 - as above
clients.COPY_ATTEMPT = clients.CONNECT_TIMEOUT + clients.COPY_READ_TIMEOUT / HURRY  # type: ignore[assignment]
standard.ExponentialBackoff.delay_amount = _pause_shorter  # type: ignore[assignment, method-assign]
queue.FIRST_RETRY_SECONDS = max(1, round(queue.FIRST_RETRY_SECONDS / HURRY))
queue.CONTENDED_SECONDS = max(2, round(queue.CONTENDED_SECONDS / HURRY))
queue.LAST_RETRY_SECONDS = int(os.environ["LONGEST_RETRY"])
handler = importlib.import_module("copier.app").handler
