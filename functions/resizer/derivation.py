"""Makes and stores a derivative of the current original, and of the current watermark."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from cloud import objects
from cloud.cache_control import expiry, for_storage
from cloud.clients import AWS_ERRORS
from cloud.edge import invalidate_redirect
from cloud.provenance import TAGS
from cloud.table import index, originals
from cloud.table.budget import spend_invalidation
from cloud.telemetry import count, count_bytes, logger, request_id
from grammar.path import storage_key
from imaging import transcode
from imaging.errors import NotAllowed, Unavailable
from imaging.watermark import check_watermark_bytes
from resizer.download import disposition
from resizer.lease import Lease
from resizer.lookup import Keys, is_stored, is_unchanged, look_up
from resizer.vector import pass_through

if TYPE_CHECKING:
    from cloud.objects import OpenObject
    from cloud.telemetry import Stopwatch
    from grammar.transform import Transform
    from imaging.writing.encoder import Encoded
    from resizer.lookup import Found, Sources
    from resizer.settings import Settings

RENDERS = 3
"""One, and two more if the original changes during the render; the limits on pixels bound each of them."""


class Source(Enum):
    """When a stored derivative was stored, relative to this request."""

    EARLIER = auto()
    """Before this request. Normally the website serves it, without this function."""
    AWAITED = auto()
    """By another request, while this one waited."""
    DUPLICATE = auto()
    """By another request, while this one rendered it too."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """A stored derivative; `age` is the seconds since it was stored (0: just now).

    `owners_cache_control` has the directives of its originals' owners (`cloud.cache_control`), and `disposition` is its
    Content-Disposition, "" for none.
    """

    key: str
    body: bytes
    content_type: str
    etag: str
    tags: str
    owners_cache_control: str = ""
    disposition: str = ""
    age: float = 0


def derive(transform: Transform, key: str, settings: Settings, stopwatch: Stopwatch) -> Derivative:
    """Return the derivative of the current original: the stored one, or a new one, which is stored.

    Raises `grammar.errors.TranscodingError` for faults of the request or the original.
    """
    target = storage_key(transform, key)
    keys = Keys(target, key, settings.watermark_key(transform))
    lease = Lease(settings.table, transform.canonical, keys)
    source = Source.EARLIER
    renders = 0
    while renders < RENDERS:
        with lease.undone_by_failure():
            with stopwatch.step("fetch"):
                found = look_up(settings.destination_bucket, keys)
                if found.current:
                    return _serve_stored(found.current, found, source)
                sources = _read_if_free(found, lease, transform, settings)
            if sources is None:
                source = Source.AWAITED
                with stopwatch.step("wait"):
                    _wait(lease, target, found, settings)
                continue
            encoded = _transcode(sources, transform, settings, stopwatch)
        renders += 1
        try:
            with stopwatch.step("store"):
                lease.write(found.state)
                derivative = _store(encoded, transform, found, settings)
                current = _is_current(derivative, found, settings)
        except objects.Conflict:
            source = Source.DUPLICATE  # another request stored this derivative meanwhile: look again
            continue
        if current:
            _count_source(None)
            if settings.has_redirects:
                with stopwatch.step("invalidate"):
                    _invalidate_redirect(target, settings)
            return derivative
    raise Unavailable("the original changed while it was transcoded, each time", retry_after=1)


def _count_source(source: Source | None) -> None:
    """Count where a stored image came from; None for one that was made now.

    Zeros are counted too, so that a mean is a share of the images returned. `Awaited` has no zeros, because a metric
    costs money in each hour with a value.
    """
    count("StoredButRedirected", int(source is Source.EARLIER))
    count("DuplicateRenders", int(source is Source.DUPLICATE))
    if source is Source.AWAITED:
        count("Awaited")


def _serve_stored(stored: OpenObject, found: Found, source: Source) -> Derivative:
    found.close_originals()
    _count_source(source)
    age = (datetime.now(UTC) - stored.object.modified).total_seconds()
    logger.info("derivative already stored", extra={"step": "9", "key": stored.object.key, "age": round(age)})
    return Derivative(
        key=stored.object.key,
        body=stored.read(),
        content_type=stored.content_type,
        etag=stored.object.etag,
        tags=stored.object.metadata[TAGS],
        owners_cache_control=found.owners_cache_control,
        disposition=stored.object.headers.get("ContentDisposition", ""),
        age=max(age, 0),
    )


def _read_if_free(found: Found, lease: Lease, transform: Transform, settings: Settings) -> Sources | None:
    """Return the originals' bytes, or None if another request renders them: then all objects are closed."""
    original = found.original.object
    try:
        settings.limits.check_bytes(original.size)
        if found.watermark and transform.watermark:
            check_watermark_bytes(transform.watermark, found.watermark.object.size)
        _check_count(transform, original.key, settings)
        free = lease.may_render(found.state)
    except Exception:
        found.close()
        raise
    if not free:
        found.close()
        return None
    found.close_stored()
    sources = found.read()
    logger.info("read the original", extra={"step": "9", "key": original.key, "bytes": len(sources.original)})
    return sources


def _wait(lease: Lease, target: str, found: Found, settings: Settings) -> None:
    started = time.monotonic()
    lease.wait(found.state, lambda: is_stored(settings.destination_bucket, target, found))
    waited = round(1000 * (time.monotonic() - started))
    logger.info("waited for a concurrent render", extra={"step": "9", "key": target, "milliseconds": waited})


def _check_count(transform: Transform, key: str, settings: Settings) -> None:
    """Raise NotAllowed if the original has its maximum of derivatives. Concurrent requests don't see each other."""
    maximum = settings.maximum_derivatives
    if not maximum:
        return
    others = index.list_derivatives(settings.table, key, settings.lifetime_days) - {transform.canonical}
    if len(others) >= maximum:
        raise NotAllowed(f"this original already has the maximum of {maximum:,} derivatives")


def _transcode(sources: Sources, transform: Transform, settings: Settings, stopwatch: Stopwatch) -> Encoded:
    if vector := pass_through(sources.original, transform, settings):
        return vector
    return transcode(
        sources.original,
        transform,
        limits=settings.limits,
        watermark=sources.watermark,
        default_quality=settings.default_quality,
        allowed_types=settings.allowed_types,
        anonymous=not settings.serves_originals,
        step=stopwatch.step,
    )


def _store(encoded: Encoded, transform: Transform, found: Found, settings: Settings) -> Derivative:
    """Store the derivative, or replace the stale one. Raises `objects.Conflict`."""
    target = storage_key(transform, found.original.object.key)
    expected = found.stored.object.etag if found.stored else None
    for original in found.originals if found.stored else ():
        originals.postpone_settlement(settings.table, original.object.key)
    cache_control = for_storage(
        found.owners_cache_control, settings.browser_ttl, settings.edge_ttl, immutable=transform.version is not None
    )
    headers = {"ContentType": encoded.content_type}
    if transform.download is not None:
        headers["ContentDisposition"] = disposition(transform.download, encoded.content_type)
    written = objects.Written(
        # to find an image's log lines
        metadata=found.metadata | {"request-id": request_id()},
        kind="derivative",
        cache_control=cache_control,
        headers=headers,
        expires=expiry(found.owners_cache_control),
    )
    etag = objects.put(settings.destination_bucket, target, encoded.body, written, expected)
    details = {"key": target, "original": found.original.object.key, "format": encoded.format}
    logger.info("stored the derivative", extra={"step": "10", "bytes": len(encoded.body)} | details)
    count(f"{encoded.format.capitalize()}Derivatives")
    count_bytes("BytesIn", sum(original.object.size for original in found.originals))
    count_bytes("BytesOut", len(encoded.body))
    return Derivative(
        key=target,
        body=encoded.body,
        content_type=encoded.content_type,
        etag=etag,
        tags=found.metadata[TAGS],
        owners_cache_control=found.owners_cache_control,
        disposition=headers.get("ContentDisposition", ""),
    )


def _is_current(derivative: Derivative, found: Found, settings: Settings) -> bool:
    """Look at the originals again; if one changed while they were transcoded, delete what was stored."""
    if is_unchanged(settings.destination_bucket, found):
        return True
    count("OutrunByChange")
    objects.delete(settings.destination_bucket, derivative.key, derivative.etag)
    return False


def _invalidate_redirect(key: str, settings: Settings) -> None:
    """Invalidate the redirect at the edge, within the month's budget. Optional: a failure is only counted."""
    try:
        month = f"{datetime.now(UTC):%Y-%m}"
        budget = settings.invalidation_budget
        if budget and (spent := spend_invalidation(settings.table, month, budget)):
            count("RedirectInvalidationsOfMonth", spent)
            identifier = invalidate_redirect(settings.distribution, key)
            logger.info("invalidated the redirect", extra={"step": "11", "key": key, "invalidation": identifier})
            count("RedirectInvalidations")
            return
    except AWS_ERRORS:
        logger.warning("redirect invalidation failed", extra={"key": key}, exc_info=True)
    count("RedirectInvalidationsSkipped")
