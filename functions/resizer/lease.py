"""One render of a derivative at a time, across all instances: the others wait a while for what it stores."""

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
    from resizer.lookup import Wanted

PATIENCE = 2.0
"""Seconds that one request waits at most, all its waits together; then it renders without the lease."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.4
"""Seconds between two looks, each pause twice the one before, and half to all of that at random."""


class Lease:
    """The lease of one derivative, as one request sees it; `etag` is the state of its originals."""

    def __init__(self, table: str, transform: str, wanted: Wanted) -> None:
        """Take nothing yet."""
        self._table, self._transform, self._wanted = table, transform, wanted
        self._holder = uuid.uuid4().hex
        self._held = ""
        self._before: Item | None = None
        self._end: float | None = None

    def may_render(self, etag: str) -> bool:
        """Tell whether to render of the original with this ETag: we hold the lease, or have waited long enough."""
        return self._take(etag) or (self._end is not None and time.monotonic() >= self._end)

    def wait(self, etag: str, is_stored: Callable[[], bool]) -> None:
        """Wait until the derivative is stored, the lease is ours, or the request's patience has ended."""
        self._end = self._end or time.monotonic() + PATIENCE
        pause = FIRST_PAUSE
        while (rest := self._end - time.monotonic()) > 0:
            time.sleep(min(rest, pause * random.uniform(0.5, 1)))  # noqa: S311 (spreads looks, guards nothing)
            if is_stored() or self._take(etag):
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    def write(self, etag: str) -> None:
        """See to it that the derivative has its rows, for it is about to be stored. From here on they stay."""
        self._before = None
        if self._held != etag:
            leases.write(self._table, self._claim(etag))
        if self._wanted.watermark:
            derivatives.write_dependent(self._table, self._wanted.watermark, self._wanted.target, etag)

    @contextmanager
    def undone_by_failure(self) -> Iterator[None]:
        """Leave the row as it was before, where nothing came to be stored; so a failed render leaves no row behind.

        It is no other row that is put back, and none is deleted that was there: a stale derivative may rely on it.
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
            logger.warning(
                "the lease was not given back, and will pass", extra={"key": self._wanted.original}, exc_info=True
            )

    def _claim(self, etag: str) -> leases.Claim:
        until = clock.now() + int(1000 * deadline.left())
        wanted = self._wanted
        return leases.Claim(wanted.original, self._transform, etag, self._holder, until, wanted.watermark)
