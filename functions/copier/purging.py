"""Deletes the derivatives of another state of an original, and rows without any: those of a page, some side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from cloud import objects
from cloud.provenance import is_stale
from cloud.table import derivatives
from cloud.telemetry import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloud.table.rows import DerivativeRow

_pool = ThreadPoolExecutor(max_workers=8)  # fewer than the ten connections of a client


class Fate(Enum):
    """What a look at a row's derivative came to."""

    KEPT = "kept"
    DELETED = "deleted"
    GONE = "gone"


def purge(rows: Sequence[DerivativeRow], etag: str, bucket: str) -> tuple[int, tuple[DerivativeRow, ...]]:
    """Delete the stale derivatives of an original with this ETag; return their number, and the rows without any.

    A row without a derivative may be that of a render which is under way and has yet to store it.
    """
    fates = list(_pool.map(partial(_look, etag, bucket), rows))
    gone = (row for row, fate in zip(rows, fates, strict=True) if fate is Fate.GONE)
    return fates.count(Fate.DELETED), tuple(gone)


def _look(etag: str, bucket: str, row: DerivativeRow) -> Fate:
    stored = objects.head(bucket, row.storage_key)
    if stored is None:
        return Fate.GONE
    if not is_stale(stored.metadata, row, etag):
        return Fate.KEPT
    try:
        objects.delete(bucket, row.storage_key, stored.etag)
    except objects.Conflict:
        extra = {"key": row.storage_key}
        logger.info("a derivative changed while it was purged; the next pass looks again", extra=extra)
    return Fate.DELETED


def forget(rows: Sequence[DerivativeRow], before: int, table: str) -> None:
    """Remove the rows of derivatives that are gone, and their twins, but none that was written `before` or later."""
    for _ in _pool.map(lambda row: derivatives.forget(table, row, before), rows):
        pass  # raises what a thread raised
