"""`converge(key)` in three steps, each safe to repeat, in whatever order events come and wherever a function dies.

1. `synchronise`: the destination's original becomes equal to the source's. Before it takes away what the edge may have,
   it marks the original's row, so that this is not forgotten if it dies, or if the old bytes come back meanwhile.
2. `find`: derivatives of any other original are deleted, and it is seen whether the edge was told of this one. Where
   not, the caller invalidates the original's cache tag, for all keys of a batch at once.
3. `conclude`: only then is it noted what the edge was told of, so that a crash in between repeats the invalidation. And
   whenever there was something to purge, the key comes back after a delay in which every answer that was under way has
   ended: renders that had read the old original, and edges that were fetching what they should have forgotten. The
   passes that come later (`originals.ROUNDS`) each invalidate once more, counted from the last time anything was found.

A derivative with a watermark has two originals: it is found by its rows under either, and belongs to both or goes. An
original with more rows than a page (`index.PAGE`), as watermarks have, is purged page by page, each with a message of
its own; the last one concludes for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from cloud import clock, objects
from cloud.edge import cache_control, cache_tag
from cloud.table import index, originals
from cloud.table.rows import OriginalRow
from cloud.telemetry import logger
from copier.cursor import Cursor
from copier.purging import forget, purge
from grammar.path import unservable

if TYPE_CHECKING:
    from cloud.objects import Object
    from cloud.table.rows import DerivativeRow
    from copier.settings import Settings

ATTEMPTS = 5
LARGEST_COPY = 5 * 1024**3
"""Bytes: the limit of CopyObject, https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
USER_METADATA_LIMIT = 2048
"""Bytes of names and values together: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
REMOVED = ""
"""ETag of an original that is not there."""


class Unsettled(Exception):
    """The source kept changing while it was copied; a later try will find it at rest."""


class Change(Enum):
    """What `synchronise` did."""

    NONE = "none"
    COPIED = "copied"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Synchronised:
    """The destination's original after `synchronise`: its ETag, and what was done."""

    key: str
    etag: str
    change: Change
    size: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What `find` saw. `next_row` is what the original's row shall say once the edge has been told.

    `purged` counts the derivatives of this page. Rows of `forgotten` ones go, if they were written `before`
    (milliseconds). `goes_on` is where the pass has its next page.
    """

    key: str
    row: OriginalRow | None
    next_row: OriginalRow | None
    purged: int
    before: int
    invalidates: bool = False
    comes_back: bool = False
    forgotten: tuple[DerivativeRow, ...] = ()
    goes_on: Cursor | None = None


def synchronise(key: str, settings: Settings) -> Synchronised:
    """Make the destination's original equal to the source's.

    A key that could never be served is left alone: the destination may have a derivative of that very name.

    Raises `Unsettled`, `objects.Uncertain`, and `botocore.exceptions.ClientError`: the event is tried again.
    """
    if reason := unservable(key):
        logger.warning("original refused: %s", reason, extra={"key": key})
        return Synchronised(key, REMOVED, Change.REFUSED)
    for _ in range(ATTEMPTS):
        destination = objects.head(settings.destination_bucket, key)
        source = objects.head_source(settings.source_bucket, key)
        try:
            etag, change = _equalise(source, destination, settings)
        except objects.Conflict:
            continue
        if change is Change.NONE or version_of(objects.head_source(settings.source_bucket, key)) == version_of(source):
            size = source.size if source and change is Change.COPIED else 0
            return Synchronised(key, etag, change, size)
    raise Unsettled(key)


def _equalise(source: Object | None, destination: Object | None, settings: Settings) -> tuple[str, Change]:
    """Make one attempt, and return the destination's ETag with what was done. Raises `objects.Conflict`."""
    refused = source is not None and source.size > LARGEST_COPY
    if source is not None and not refused:
        if destination is not None and destination.metadata.get("source-version") == version_of(source):
            return destination.etag, Change.NONE
        try:
            return _copy(source, destination, settings), Change.COPIED
        except objects.Archived:
            refused = True
    if refused:
        logger.warning("original refused: it is larger than 5 GB, or archived")
    if destination is None:
        return REMOVED, Change.REFUSED if refused else Change.NONE
    originals.mark(settings.table, destination.key)
    objects.delete(settings.destination_bucket, destination.key, destination.etag)
    return REMOVED, Change.REFUSED if refused else Change.REMOVED


def version_of(source: Object | None) -> str | None:
    """Return what tells two states of a source object apart, with or without versioning."""
    return None if source is None else " ".join((source.version, source.etag.strip('"')))


def _copy(source: Object, destination: Object | None, settings: Settings) -> str:
    written = _written(source, settings)
    if destination is not None and not _looks_the_same(source, destination, written):
        originals.mark(settings.table, source.key)
    expected = None if destination is None else destination.etag
    return objects.copy((settings.source_bucket, source), settings.destination_bucket, written, expected)


def _written(source: Object, settings: Settings) -> objects.Written:
    ours = {"cache-tag": cache_tag(source.key), "source-version": str(version_of(source))}
    kept = {name: value for name, value in source.metadata.items() if name.isascii() and value.isascii()}
    if sum(len(name) + len(value) for name, value in {**kept, **ours}.items()) > USER_METADATA_LIMIT:
        kept = {}
    if kept != source.metadata:
        logger.warning("metadata left behind: not ASCII, or no room for it", extra={"key": source.key})
    return objects.Written(
        metadata=kept | ours,
        kind="original",
        cache_control=cache_control(settings.browser_ttl, settings.edge_ttl),
        headers=source.headers,
    )


def _looks_the_same(source: Object, destination: Object, written: objects.Written) -> bool:
    """Return whether a copy would change nothing that a viewer gets: neither bytes nor headers."""
    copied_from = destination.metadata.get("source-version", "").rpartition(" ")[2]
    described = {**destination.metadata, "source-version": written.metadata["source-version"]}
    return copied_from == source.etag.strip('"') and (described, destination.headers) == (
        written.metadata,
        written.headers,
    )


def find(original: Synchronised, cursor: Cursor | None, settings: Settings) -> Finding:
    """Delete a page's derivatives of any other original, and see what the edge and the index still have to be told."""
    page = index.read(settings.table, original.key, cursor.after if cursor else "")
    before = clock.now() - settings.settle_seconds * 1000
    purged, gone = purge(page.derivatives, original.etag, settings.destination_bucket)
    row, total = (cursor.row, cursor.purged + purged) if cursor else (page.original, purged)
    # Where there is no row, no object was ever changed or removed, and the edge has nothing to forget: it is new.
    behind = row is not None and row.etag != original.etag
    settles = row is not None and not behind and 0 < row.since <= before
    finding = Finding(original.key, row, row, purged, before, forgotten=gone if settles else ())
    if page.last:
        # The last page invalidates too; until then the edge shall not keep what is known to be old.
        return replace(finding, goes_on=Cursor(page.last, row, total), invalidates=behind and cursor is None)
    if total or behind:
        return _tell(finding, original.etag, originals.ROUNDS)
    if row is None:
        return replace(finding, next_row=_settled(original.etag))
    if settles:
        return _tell(finding, original.etag, row.rounds - 1)
    return replace(finding, comes_back=row.since > 0)


def _tell(finding: Finding, etag: str, rounds: int) -> Finding:
    """Have the edge told now, and another so many times, each a settling time after the one before."""
    if rounds > 0:
        row = OriginalRow(etag, clock.now(), rounds)
        return replace(finding, next_row=row, invalidates=True, comes_back=True)
    return replace(finding, next_row=_settled(etag), invalidates=True)


def _settled(etag: str) -> OriginalRow | None:
    """Return the row of an original of which the edge has been told all; one that is gone needs none."""
    return None if etag == REMOVED else OriginalRow(etag, since=0, rounds=0)


def conclude(finding: Finding, settings: Settings) -> None:
    """Forget rows that stand for nothing, and note at the end of a pass what the edge was told.

    Raises `originals.RowChanged` where another function was here meanwhile: the whole pass has to begin again.
    """
    forget(finding.forgotten, finding.before, settings.table)
    if finding.goes_on or finding.next_row == finding.row:
        return
    if finding.next_row is not None:
        originals.write(settings.table, finding.key, finding.next_row, finding.row)
    elif finding.row is not None:
        originals.forget(settings.table, finding.key, finding.row)
