"""The copy function's handler with time limits and pauses divided by `ACCELERATION`.

A run with faults ends within minutes then. A failed message waits at most `LONGEST_RETRY` seconds. Read timeouts stay
long enough for a busy machine.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from botocore.retries import standard

from cloud import clients, queue

ACCELERATION = float(os.environ["ACCELERATION"])
SHORTEST_READ = 1.0
"""Seconds."""

_pause = standard.ExponentialBackoff.delay_amount
_make_client = clients._client  # noqa: SLF001 - all time limits pass through it


def _make_accelerated_client(service: str, read_timeout: float, attempts: int) -> Any:  # noqa: ANN401 - boto3's
    return _make_client(service, max(SHORTEST_READ, read_timeout / ACCELERATION), attempts)  # type: ignore[arg-type]


def _pause_shorter(backoff: standard.ExponentialBackoff, context: standard.RetryContext) -> float:
    pause: float = _pause(backoff, context)
    return pause / ACCELERATION


clients._client = _make_accelerated_client  # noqa: SLF001 - as above
clients.COPY_ATTEMPT = clients.CONNECT_TIMEOUT + clients.COPY_READ_TIMEOUT / ACCELERATION  # type: ignore[assignment]
standard.ExponentialBackoff.delay_amount = _pause_shorter  # type: ignore[assignment, method-assign]
queue.FIRST_RETRY_SECONDS = max(1, round(queue.FIRST_RETRY_SECONDS / ACCELERATION))
queue.CONTENDED_SECONDS = max(2, round(queue.CONTENDED_SECONDS / ACCELERATION))
queue.LAST_RETRY_SECONDS = int(os.environ["LONGEST_RETRY"])
handler = importlib.import_module("copier.app").handler
