"""Finds differences between the buckets and the index, without changing anything; and repairs them.

A repair sends the key to the queue, so that it is converged with all retries and later passes.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cloud import clock, objects
from cloud.provenance import WATERMARK, is_stale, state_of
from cloud.queue import requeue
from cloud.table import index, originals
from cloud.table.rows import DEPENDENT
from copier.convergence import LARGEST_COPY, REMOVED, difference
from grammar.path import unservable
from grammar.transform import is_transform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.objects import Object
    from cloud.table.rows import DerivativeRow, OriginalRow
    from copier.settings import Settings

SETTLES_WITHIN_SECONDS = 3600
"""An original that has waited longer for a later pass has lost it; failures and their retries take less."""
UNSETTLED = "later pass overdue"


@dataclass(frozen=True, slots=True)
class Difference:
    """A fault of an original, or of a derivative that is not in the index: then `stored` is its key.

    A `refused` original is not copied; only its owner can change that, by another key or a smaller file.
    """

    key: str
    reason: str
    stored: str | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A key of either bucket, and whether the source bucket has it."""

    key: str
    uploaded: bool


def keys_of(settings: Settings, after: str = "") -> Iterator[Listed]:
    """Yield the keys of both buckets, in order and each once, after a key or all. Lists are not kept in memory."""
    uploaded = ((key, True) for key in objects.keys(settings.source_bucket, after))
    stored = ((key, False) for key in objects.keys(settings.destination_bucket, after))
    for key, found in groupby(heapq.merge(uploaded, stored, key=_binary), key=itemgetter(0)):
        yield Listed(key, any(is_uploaded for _, is_uploaded in found))


def _binary(listed: tuple[str, bool]) -> bytes:
    """Return a key's bytes, by which S3 sorts."""
    return listed[0].encode("utf-8", "surrogatepass")


def inspect(listed: Listed, settings: Settings) -> list[Difference]:
    """Return the differences of a key of either bucket. Reads only."""
    key = listed.key
    reason = unservable(key)
    found = [Difference(key, f"refused: {reason}", refused=True)] if reason and listed.uploaded else []
    original = _original_of(key)
    if original is None:
        return found
    if original != key:
        return [*found, *_inspect_derivative(key, original, settings)]
    return found if reason else _inspect_original(key, settings)


def _inspect_original(key: str, settings: Settings) -> list[Difference]:
    copy = objects.head(settings.destination_bucket, key)
    source = objects.head_source(settings.source_bucket, key)
    found = [_compare(source, copy, settings), *_inspect_rows(key, copy, settings)]
    reason = _refusal(source, copy)
    refused = [Difference(key, f"refused: {reason}", refused=True)] if reason else []
    return [*refused, *(Difference(key, reason) for reason in found if reason)]


def _original_of(key: str) -> str | None:
    """Return the key itself, or its original's if it is a derivative's; None if that key could not be an original."""
    transform, _, rest = key.partition("/")
    if not is_transform(transform):
        return key
    return None if unservable(rest) else rest


def _inspect_derivative(stored: str, original: str, settings: Settings) -> list[Difference]:
    row = index.find_row(settings.table, original, stored.partition("/")[0])
    if row and not row.watermark:
        return []  # the original's own inspection looks at it
    derivative = objects.head(settings.destination_bucket, stored)
    if derivative is None:
        return []
    if row is None or (row.twin and index.find_row(settings.table, *row.twin) is None):
        return [Difference(original, "derivative missing from the index", stored)]
    if row.watermark and _is_of_another_watermark(derivative, row, settings):
        return [Difference(original, "derivative of an outdated watermark", stored)]
    return []


def _is_of_another_watermark(derivative: Object, row: DerivativeRow, settings: Settings) -> bool:
    """Return whether a derivative has an outdated watermark, and no purge of that watermark is in progress.

    The watermark's own inspection does not check this, because it may have a million derivatives.
    """
    watermark = objects.head(settings.destination_bucket, row.watermark)
    state = _state(watermark)
    if derivative.metadata.get(WATERMARK) == state:
        return False
    original = index.read(settings.table, row.watermark, limit=1).original
    return original is None or (original.etag == state and not original.since)


def _state(copy: Object | None) -> str:
    return REMOVED if copy is None else state_of(copy)


def _compare(source: Object | None, copy: Object | None, settings: Settings) -> str | None:
    if source is None or _is_too_large(source):
        return None if copy is None else "removed, but still served"
    if copy is None:
        return None if source.archived else "not copied"
    return difference(source, copy, settings)


def _refusal(source: Object | None, copy: Object | None) -> str | None:
    """Return why an original of a good key is not copied. One that was archived after it was copied is."""
    if _is_too_large(source):
        return "it is larger than 5 GB"
    return "it is in an archive" if source is not None and source.archived and copy is None else None


def _is_too_large(source: Object | None) -> bool:
    return source is not None and source.size > LARGEST_COPY


def _inspect_rows(key: str, copy: Object | None, settings: Settings) -> Iterator[str]:
    original, derivatives = _own_rows(key, settings)
    state = _state(copy)
    stale = 0
    for row in derivatives:
        derivative = objects.head(settings.destination_bucket, row.storage_key)
        stale += derivative is not None and is_stale(derivative.metadata, row, state)
    if stale:
        yield f"{stale} derivatives of an older original"
    if original is None:
        if copy is not None:
            yield "original missing from the index"
    elif original.etag != state:
        yield "edge not invalidated after a change"


def find_unsettled(
    settings: Settings, start: dict[str, Any] | None = None
) -> tuple[list[Difference], dict[str, Any] | None]:
    """Return the originals on a page of the table whose later pass is overdue, and where the next page starts.

    They may be in neither bucket: then only this finds them, and an edge may have cached what it was just fetching.
    """
    before = clock.now() - SETTLES_WITHIN_SECONDS * 1000
    found, following = index.list_unsettled(settings.table, before, start)
    return [Difference(key, UNSETTLED) for key in found], following


def _own_rows(key: str, settings: Settings) -> tuple[OriginalRow | None, list[DerivativeRow]]:
    """Return an original's own row and those of its own derivatives; dependents of a watermark come after these."""
    page = index.read(settings.table, key)
    original, derivatives = page.original, list(page.derivatives)
    while page.last and page.last < DEPENDENT:
        page = index.read(settings.table, key, page.last)
        derivatives += page.derivatives
    return original, [row for row in derivatives if not row.is_dependent]


def repair(difference: Difference, settings: Settings) -> None:
    """Requeue the key. A derivative without a row is deleted at once, since converging could not find it.

    Nothing is done about a refused original.
    """
    if difference.refused:
        return
    if difference.stored is not None:
        stored = objects.head(settings.destination_bucket, difference.stored)
        if stored is not None:
            originals.mark(settings.table, difference.key)  # so that the edge is invalidated too
            objects.delete(settings.destination_bucket, difference.stored, stored.etag)
    requeue(settings.queue_url, difference.key, 0)
