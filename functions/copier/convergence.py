"""Converges a key in three steps. Each is safe to repeat, in any order of events, after a crash at any point.

1. `synchronise`: makes the destination's original equal to the source's. Before it replaces or deletes what an edge
   may have cached, it marks the original's row. So the change is not lost if the function dies, or if the old bytes
   are uploaded again meanwhile.
2. `purge`: deletes derivatives of any other original, and checks whether this one was already invalidated at the edge.
   If not, the caller invalidates the original's cache tag, for all keys of a batch at once.
3. `conclude`: only now records the invalidation in the row, so that a crash in between repeats it. If anything was
   purged, the key is requeued with a delay in which every response in progress has ended: renders that had read the
   old original, and edges that were fetching what was invalidated. The later passes (`originals.ROUNDS`) each
   invalidate once more, counted from the last time anything was purged.

A derivative with a watermark has two originals. It has a row under each, and is stale when either has changed. An
original with more rows than a page (`index.PAGE`), such as a watermark, is purged page by page, each with a message of
its own; the last one concludes for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from cloud import clock, objects
from cloud.cache_control import expiry, for_storage, read_directives
from cloud.content_type import BEGINNING, detect, is_useful
from cloud.edge import cache_tag
from cloud.provenance import OWNER_CACHE_CONTROL, state_of
from cloud.table import index, originals
from cloud.table.rows import OriginalRow
from cloud.telemetry import logger
from copier.cursor import Cursor
from copier.purging import delete_stale, remove_rows
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
"""State of an original that does not exist."""


class Unsettled(Exception):
    """The source kept changing while it was copied; a retry will find it unchanged."""


class Change(Enum):
    """What `synchronise` did to the destination."""

    NONE = "none"
    COPIED = "copied"
    REMOVED = "removed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Synchronised:
    """The destination's original after `synchronise`: its state (`cloud.provenance`), and what changed."""

    key: str
    state: str
    change: Change
    size: int = 0


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """What `purge` did, and what is left to do. `next_row` is the original's row after the invalidation.

    `purged` counts the derivatives of this page. `obsolete_rows` are removed if they were written before `settled`
    (milliseconds): no render that began earlier is still in progress.
    """

    key: str
    row: OriginalRow | None
    next_row: OriginalRow | None
    purged: int
    settled: int
    invalidates: bool = False
    needs_later_pass: bool = False
    obsolete_rows: tuple[DerivativeRow, ...] = ()
    next_page: Cursor | None = None


def synchronise(key: str, settings: Settings) -> Synchronised:
    """Make the destination's original equal to the source's.

    A key that could never be served is not touched: the destination may have a derivative of that name.

    Raises `Unsettled`, `objects.Uncertain`, and `botocore.exceptions.ClientError`: the message is retried.
    """
    if reason := unservable(key):
        logger.warning("original refused: %s", reason, extra={"key": key})
        return Synchronised(key, REMOVED, Change.REFUSED)
    for _ in range(ATTEMPTS):
        destination = objects.head(settings.destination_bucket, key)
        source = objects.head_source(settings.source_bucket, key)
        try:
            state, change = _equalise(source, destination, settings)
        except objects.Conflict:
            continue
        if change is Change.NONE or version_of(objects.head_source(settings.source_bucket, key)) == version_of(source):
            size = source.size if source and change is Change.COPIED else 0
            return Synchronised(key, state, change, size)
    raise Unsettled(key)


def _equalise(source: Object | None, destination: Object | None, settings: Settings) -> tuple[str, Change]:
    """Make one attempt, and return the destination's state with what was done. Raises `objects.Conflict`."""
    refused = source is not None and source.size > LARGEST_COPY
    if source is not None and not refused:
        if destination is not None and difference(source, destination, settings) is None:
            return state_of(destination), Change.NONE
        try:
            return _copy(source, destination, settings), Change.COPIED
        except objects.Archived:
            refused = True
    if refused and source is not None:
        logger.warning("original refused: larger than 5 GB, or archived", extra={"key": source.key})
    if destination is None:
        return REMOVED, Change.REFUSED if refused else Change.NONE
    originals.mark(settings.table, destination.key)
    objects.delete(settings.destination_bucket, destination.key, destination.etag)
    return REMOVED, Change.REFUSED if refused else Change.REMOVED


def version_of(source: Object | None) -> str | None:
    """Return text that identifies one state of a source object, with or without versioning."""
    return None if source is None else " ".join((source.version, source.etag.strip('"')))


def difference(source: Object, copy: Object, settings: Settings) -> str | None:
    """Return what a copy lacks, or None for a copy of this version with the metadata that it should have."""
    if copy.metadata.get("source-version", "unknown") != version_of(source):
        return "an older version is served"
    metadata = _metadata(source, settings)
    if copy.metadata.keys() != metadata.keys() or copy.metadata.get(OWNER_CACHE_CONTROL) != metadata.get(
        OWNER_CACHE_CONTROL
    ):
        return "copied with other metadata"
    return None


def _copy(source: Object, destination: Object | None, settings: Settings) -> str:
    written = _written(source, settings)
    if destination is not None and not _looks_the_same(source, destination, written):
        originals.mark(settings.table, source.key)
    expected = None if destination is None else destination.etag
    etag = objects.copy((settings.source_bucket, source), settings.destination_bucket, written, expected)
    return state_of(replace(source, etag=etag, metadata=written.metadata))


def _written(source: Object, settings: Settings) -> objects.Written:
    metadata = _metadata(source, settings)
    return objects.Written(
        metadata=metadata,
        kind="original",
        cache_control=for_storage(metadata.get(OWNER_CACHE_CONTROL, ""), settings.browser_ttl, settings.edge_ttl),
        headers=_headers(source, settings),
        expires=expiry(metadata.get(OWNER_CACHE_CONTROL, "")),
    )


def _headers(source: Object, settings: Settings) -> dict[str, str]:
    """Return a copy's headers: the original's, with a detected Content-Type where the owner gave no useful one."""
    content_type, encoding = (source.headers.get(name, "") for name in ("ContentType", "ContentEncoding"))
    if is_useful(content_type):
        return dict(source.headers)
    # Encoded bytes do not show the type.
    beginning = b"" if encoding else objects.read_beginning(settings.source_bucket, source, BEGINNING)
    return {**source.headers, "ContentType": detect(beginning, source.key)}


def _metadata(source: Object, settings: Settings) -> dict[str, str]:
    """Return a copy's metadata. Viewers see it, so the original's own is only copied where the deployment allows it."""
    ours = {"cache-tag": cache_tag(source.key), "source-version": str(version_of(source))}
    if directives := read_directives(source.cache_control, source.expires):
        ours[OWNER_CACHE_CONTROL] = directives
    allowed = {name: value for name, value in source.metadata.items() if name in settings.published_metadata}
    kept = {name: value for name, value in allowed.items() if name.isascii() and value.isascii()}
    if sum(len(name) + len(value) for name, value in {**kept, **ours}.items()) > USER_METADATA_LIMIT:
        kept = {}
    if kept != allowed:
        logger.warning("metadata dropped: not ASCII, or over S3's limit", extra={"key": source.key})
    return kept | ours


def _looks_the_same(source: Object, destination: Object, written: objects.Written) -> bool:
    """Return whether viewers get the same after a copy: bytes and headers."""
    copied_from = destination.metadata.get("source-version", "").rpartition(" ")[2]
    described = {**destination.metadata, "source-version": written.metadata["source-version"]}
    return copied_from == source.etag.strip('"') and (described, destination.headers) == (
        written.metadata,
        written.headers,
    )


def purge(original: Synchronised, cursor: Cursor | None, settings: Settings) -> PurgeResult:
    """Delete a page's stale derivatives, and decide what is still to invalidate and to record."""
    page = index.read(settings.table, original.key, cursor.after if cursor else "")
    settled = clock.now() - settings.settle_seconds * 1000
    purged, missing = delete_stale(page.derivatives, original.state, settings.destination_bucket)
    row, total = (cursor.row, cursor.purged + purged) if cursor else (page.original, purged)
    # Without a row the original is new: it was never changed or removed, so there is nothing to invalidate.
    behind = row is not None and row.etag != original.state
    settles = row is not None and not behind and 0 < row.since <= settled
    result = PurgeResult(original.key, row, row, purged, settled, obsolete_rows=missing if settles else ())
    if page.last:
        # The last page invalidates too; until then the edge must not keep what is known to be stale.
        return replace(result, next_page=Cursor(page.last, row, total), invalidates=behind and cursor is None)
    if total or behind:
        return _invalidated(result, original.state, originals.ROUNDS)
    if row is None:
        return replace(result, next_row=_settled_row(original.state))
    if settles:
        return _invalidated(result, original.state, row.rounds - 1)
    return replace(result, needs_later_pass=row.since > 0)


def _invalidated(result: PurgeResult, etag: str, rounds: int) -> PurgeResult:
    """Invalidate now, and another `rounds` times, each a settling time after the one before."""
    if rounds > 0:
        row = OriginalRow(etag, clock.now(), rounds)
        return replace(result, next_row=row, invalidates=True, needs_later_pass=True)
    return replace(result, next_row=_settled_row(etag), invalidates=True)


def _settled_row(etag: str) -> OriginalRow | None:
    """Return the row of an original that needs no more invalidation; a removed original needs no row."""
    return None if etag == REMOVED else OriginalRow(etag, since=0, rounds=0)


def conclude(result: PurgeResult, settings: Settings) -> None:
    """Remove obsolete rows, and at the end of a pass record the invalidation in the original's row.

    Raises `originals.RowChanged` if another function wrote the row meanwhile: the whole pass has to begin again.
    """
    remove_rows(result.obsolete_rows, result.settled, settings.table)
    if result.next_page or result.next_row == result.row:
        return
    if result.next_row is not None:
        originals.write(settings.table, result.key, result.next_row, result.row)
    elif result.row is not None:
        originals.remove(settings.table, result.key, result.row)
