"""Deletes stale derivatives of an original, and index rows without a derivative: a page's, several at a time."""

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


class Outcome(Enum):
    """What happened to a row's derivative."""

    KEPT = "kept"
    DELETED = "deleted"
    MISSING = "missing"


def delete_stale(rows: Sequence[DerivativeRow], state: str, bucket: str) -> tuple[int, tuple[DerivativeRow, ...]]:
    """Delete the stale derivatives of an original in this state; return their number, and the rows without any.

    A row without a derivative may be that of a render in progress, which has yet to store it.
    """
    outcomes = list(_pool.map(partial(_delete_if_stale, state, bucket), rows))
    missing = (row for row, outcome in zip(rows, outcomes, strict=True) if outcome is Outcome.MISSING)
    return outcomes.count(Outcome.DELETED), tuple(missing)


def _delete_if_stale(state: str, bucket: str, row: DerivativeRow) -> Outcome:
    stored = objects.head(bucket, row.storage_key)
    if stored is None:
        return Outcome.MISSING
    if not is_stale(stored.metadata, row, state):
        return Outcome.KEPT
    try:
        objects.delete(bucket, row.storage_key, stored.etag)
    except objects.Conflict:
        logger.info("derivative changed during the purge, left to the next pass", extra={"key": row.storage_key})
    return Outcome.DELETED


def remove_rows(rows: Sequence[DerivativeRow], before: int, table: str) -> None:
    """Remove rows without a derivative, and their twins, but none that was written at `before` (ms) or later."""
    for _ in _pool.map(lambda row: derivatives.remove(table, row, before), rows):
        pass  # raises what a thread raised
