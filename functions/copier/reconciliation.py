"""Looks for what differs between the buckets and the index, without changing anything; and repairs it.

A repair leaves the difference to `converge`, by a message to the queue, with all its retries and later passes.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cloud import clock, objects
from cloud.provenance import WATERMARK, is_stale
from cloud.queue import come_back
from cloud.table import index, originals
from cloud.table.rows import DEPENDENT
from copier.convergence import LARGEST_COPY, REMOVED, version_of
from grammar.path import unservable
from grammar.transform import looks_like_transform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloud.objects import Object
    from cloud.table.rows import DerivativeRow, OriginalRow
    from copier.settings import Settings

SETTLES_WITHIN_SECONDS = 3600
"""What has waited for a later pass since longer ago has lost it; failures and their retries take less."""
UNSETTLED = "a later pass never came"


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with an original, or with a derivative that the index does not know: then `stored` is its key."""

    key: str
    reason: str
    stored: str | None = None


def keys_of(settings: Settings, after: str = "") -> Iterator[str]:
    """Yield what there is to inspect, in order and each once: the keys of both buckets that come after one, or all.

    Nothing is kept in memory.
    """
    merged = heapq.merge(
        *(objects.keys(bucket, after) for bucket in (settings.source_bucket, settings.destination_bucket)), key=_binary
    )
    for key, _ in groupby(merged):
        yield key


def _binary(key: str) -> bytes:
    """Return what S3 sorts by: the bytes of a key."""
    return key.encode("utf-8", "surrogatepass")


def inspect(key: str, settings: Settings) -> list[Difference]:
    """Return what is wrong with a key of either bucket; it reads only."""
    original = _original_of(key)
    if original is None:
        return []
    if original != key:
        return _inspect_derivative(key, original, settings)
    if unservable(key):
        return []
    copy = objects.head(settings.destination_bucket, key)
    found = [_compare(objects.head_source(settings.source_bucket, key), copy), *_look_at_rows(key, copy, settings)]
    return [Difference(key, reason) for reason in found if reason]


def _original_of(key: str) -> str | None:
    """Return the key itself, or its original's where it is a derivative's; None where that could be no original."""
    transform, _, rest = key.partition("/")
    if not looks_like_transform(transform):
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
        return [Difference(original, "a derivative that the index does not know", stored)]
    if row.watermark and _is_of_another_watermark(derivative, row, settings):
        return [Difference(original, "a derivative of another watermark", stored)]
    return []


def _is_of_another_watermark(derivative: Object, row: DerivativeRow, settings: Settings) -> bool:
    """Tell whether a derivative was made with another state of its watermark, though no purge of that is under way.

    The watermark's own inspection does not look, because there may be a million of them.
    """
    watermark = objects.head(settings.destination_bucket, row.watermark)
    etag = REMOVED if watermark is None else watermark.etag
    if derivative.metadata.get(WATERMARK) == etag:
        return False
    itself = index.read(settings.table, row.watermark, limit=1).original
    return itself is None or (itself.etag == etag and not itself.since)


def _compare(source: Object | None, copy: Object | None) -> str | None:
    wanted = None if source is None or source.size > LARGEST_COPY else version_of(source)
    had = None if copy is None else copy.metadata.get("source-version", "unknown")
    if wanted == had:
        return None
    if had is None:
        return "not copied"
    return "removed, and still served" if wanted is None else "an older version is served"


def _look_at_rows(key: str, copy: Object | None, settings: Settings) -> Iterator[str]:
    itself, derivatives = _own_rows(key, settings)
    etag = REMOVED if copy is None else copy.etag
    stale = 0
    for row in derivatives:
        derivative = objects.head(settings.destination_bucket, row.storage_key)
        stale += derivative is not None and is_stale(derivative.metadata, row, etag)
    if stale:
        yield f"{stale} derivatives of another original"
    if itself is None:
        if copy is not None:
            yield "no row"
    elif itself.etag != etag:
        yield "the edge was not told of a change"


def look_at_table(
    settings: Settings, start: dict[str, Any] | None = None
) -> tuple[list[Difference], dict[str, Any] | None]:
    """Return the originals on a page of the table that lost a later pass, and where the next page starts.

    They may be in neither bucket: then no other look finds them, and an edge may still have what it was just fetching.
    """
    before = clock.now() - SETTLES_WITHIN_SECONDS * 1000
    found, following = index.list_unsettled(settings.table, before, start)
    return [Difference(key, UNSETTLED) for key in found], following


def _own_rows(key: str, settings: Settings) -> tuple[OriginalRow | None, list[DerivativeRow]]:
    """Return an original's own row and those of its own derivatives; others, under a watermark, come after these."""
    page = index.read(settings.table, key)
    itself, derivatives = page.original, list(page.derivatives)
    while page.last and page.last < DEPENDENT:
        page = index.read(settings.table, key, page.last)
        derivatives += page.derivatives
    return itself, [row for row in derivatives if not row.is_dependent]


def repair(difference: Difference, settings: Settings) -> None:
    """Let the copy function converge the key; a derivative without a row goes at once, since that could not find it."""
    if difference.stored is not None:
        stored = objects.head(settings.destination_bucket, difference.stored)
        if stored is not None:
            originals.mark(settings.table, difference.key)  # so that the edge forgets it too
            objects.delete(settings.destination_bucket, difference.stored, stored.etag)
    come_back(settings.queue_url, difference.key, 0)
