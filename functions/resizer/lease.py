"""One render of a derivative at a time, across all instances: other requests wait a while for its result."""

from __future__ import annotations

import random
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cloud import clock, deadline
from cloud.clients import AWS_ERRORS
from cloud.table import derivatives, leases
from cloud.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloud.table.attributes import Item
    from resizer.lookup import Keys

PATIENCE = 2.0
"""Seconds that one request waits at most, in total; then it renders without the lease."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.4
"""Seconds between two checks: each pause is twice the one before, and a random 50 to 100 % of that."""


class Lease:
    """One request's view of the lease of one derivative; `etag` is the state of its originals."""

    def __init__(self, table: str, transform: str, keys: Keys) -> None:
        """Prepare a lease, which is not taken yet."""
        self._table, self._transform, self._keys = table, transform, keys
        self._holder = uuid.uuid4().hex
        self._held = ""
        self._before: Item | None = None
        self._end: float | None = None

    def may_render(self, etag: str) -> bool:
        """Return whether to render this state: this request holds the lease, or has waited long enough."""
        return self._take(etag) or (self._end is not None and time.monotonic() >= self._end)

    def wait(self, etag: str, is_stored: Callable[[], bool]) -> None:
        """Wait until the derivative is stored, the lease is free and taken, or `PATIENCE` has passed."""
        self._end = self._end or time.monotonic() + PATIENCE
        pause = FIRST_PAUSE
        while (rest := self._end - time.monotonic()) > 0:
            time.sleep(min(rest, pause * random.uniform(0.5, 1)))  # noqa: S311 (spreads checks, guards nothing)
            if is_stored() or self._take(etag):
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    def write(self, etag: str) -> None:
        """Write the derivative's rows before it is stored. They are not undone after this."""
        self._before = None
        if self._held != etag:
            leases.write(self._table, self._claim(etag))
        if self._keys.watermark:
            derivatives.write_dependent(self._table, self._keys.watermark, self._keys.derivative, etag)

    @contextmanager
    def undone_by_failure(self) -> Iterator[None]:
        """Restore the row after a failure before anything was stored, so that a failed render leaves no row behind.

        A row that existed before is restored, not deleted: a stale derivative may rely on it.
        """
        try:
            yield
        except Exception:
            self._undo()
            raise

    def _take(self, etag: str) -> bool:
        if self._held == etag:
            return True
        self._held, self._before = "", None
        try:
            self._before = leases.take(self._table, self._claim(etag))
        except leases.Leased:
            return False
        self._held = etag
        return True

    def _undo(self) -> None:
        if self._before is None:
            return
        try:
            leases.undo(self._table, self._claim(self._held), self._before)
        except AWS_ERRORS:
            logger.warning("lease not released, left to expire", extra={"key": self._keys.original}, exc_info=True)

    def _claim(self, etag: str) -> leases.Claim:
        until = clock.now() + int(1000 * deadline.left())
        keys = self._keys
        return leases.Claim(keys.original, self._transform, etag, self._holder, until, keys.watermark)
