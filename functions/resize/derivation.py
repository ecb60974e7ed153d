"""From a transform and a key to a stored derivative of the original as it is now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cloud import index, objects
from cloud.clients import AWS_ERRORS
from cloud.edge import cache_control, cache_tag, invalidate, path_of
from cloud.telemetry import count, count_bytes, logger, request_id
from imaging.auto import resolve_auto
from imaging.decoder import decode
from imaging.description import describe
from imaging.encoder import Encoded, encode
from imaging.errors import NotAllowed, OriginalNotFound, Unavailable
from imaging.formats import output_format, sniff
from imaging.path import storage_key
from imaging.pipeline import apply

if TYPE_CHECKING:
    from cloud.objects import OpenObject
    from cloud.telemetry import Stopwatch
    from imaging.transform import Transform
    from settings import Settings

RENDERS = 3
"""One, and two more where the original changed meanwhile; each of them is bounded by the limits on pixels."""

_pair = ThreadPoolExecutor(max_workers=2)


@dataclass(frozen=True, slots=True)
class Derivative:
    """A stored derivative, and how long ago it was stored, in seconds (0: just now)."""

    key: str
    body: bytes
    content_type: str
    etag: str
    tag: str
    age: float = 0


def derive(transform: Transform, key: str, settings: Settings, stopwatch: Stopwatch) -> Derivative:
    """Return the derivative of the original as it is now: the stored one, or a new one, which is stored.

    Raises `imaging.errors.TranscodingError` for what is wrong with the request or the original.
    """
    target = storage_key(transform, key)
    for _ in range(RENDERS):
        with stopwatch.step("fetch"):
            stored, original = _pair.map(
                lambda name: objects.open_object(settings.destination_bucket, name), (target, key)
            )
            logger.info("asked for the original", extra={"step": "8", "key": key, "found": original is not None})
            if original is None:
                _close(stored)
                raise OriginalNotFound("there is no original of this key")
            if stored and stored.object.metadata.get("original-etag") == original.object.etag:
                return _serve_stored(stored, original)
            _close(stored)
            data = _read(original, transform, settings)
        encoded = _transcode(data, transform, settings, stopwatch)
        try:
            with stopwatch.step("store"):
                derivative = _store(encoded, transform, original, stored, settings)
                current = _is_current(derivative, original, settings)
        except objects.Conflict:
            continue  # somebody else stored this derivative meanwhile: look again
        if current:
            count("StoredButRedirected", 0)
            with stopwatch.step("invalidate"):
                _invalidate_redirect(target, settings)
            return derivative
    raise Unavailable("the original changes faster than it can be transcoded", retry_after=1)


def _close(opened: OpenObject | None) -> None:
    if opened is not None:
        opened.close()


def _serve_stored(stored: OpenObject, original: OpenObject) -> Derivative:
    original.close()
    count("StoredButRedirected")
    age = (datetime.now(UTC) - stored.object.modified).total_seconds()
    logger.info("the derivative is stored already", extra={"step": "9", "key": stored.object.key, "age": round(age)})
    tag = stored.object.metadata.get("cache-tag", "")
    return Derivative(stored.object.key, stored.read(), stored.content_type, stored.object.etag, tag, max(age, 0))


def _read(original: OpenObject, transform: Transform, settings: Settings) -> bytes:
    described = original.object
    try:
        settings.limits.check_bytes(described.size)
        _check_number(transform, described.key, settings)
    except Exception:
        original.close()
        raise
    data = original.read()
    logger.info("read the original", extra={"step": "9", "key": described.key, "bytes": len(data)})
    return data


def _check_number(transform: Transform, key: str, settings: Settings) -> None:
    """Raise NotAllowed for one derivative too many; those that are made at the same time don't see each other."""
    maximum = settings.maximum_derivatives
    if not maximum:
        return
    others = index.list_derivatives(settings.table, key, settings.lifetime_days) - {transform.canonical}
    if len(others) >= maximum:
        raise NotAllowed(f"this original has {maximum:,} derivatives already, and no more are made")


def _transcode(data: bytes, transform: Transform, settings: Settings, stopwatch: Stopwatch) -> Encoded:
    if transform.format == "json":
        with stopwatch.step("describe"):
            return describe(data, settings.limits)
    transform = resolve_auto(transform, data, settings.limits, settings.allowed_types)
    settings.check_type(output_format(transform, sniff(data)).name)
    with stopwatch.step("decode"):
        picture = decode(data, transform, settings.limits)
    with stopwatch.step("transform"):
        picture = apply(picture, transform)
    with stopwatch.step("encode"):
        return encode(picture, transform, settings.default_quality)


def _store(
    encoded: Encoded, transform: Transform, original: OpenObject, stale: OpenObject | None, settings: Settings
) -> Derivative:
    """Index the derivative, then put it over nothing or over the stale one. Raises `objects.Conflict`."""
    key = original.object.key
    target = storage_key(transform, key)
    index.write_derivative(settings.table, key, transform.canonical, original.object.etag)
    written = objects.Written(
        metadata={
            "original-etag": original.object.etag,
            "cache-tag": cache_tag(key),
            "request-id": request_id(),  # whoever has the image can name the request that made it
        },
        kind="derivative",
        cache_control=cache_control(settings.browser_ttl, settings.edge_ttl, immutable=transform.version is not None),
        headers={"ContentType": encoded.content_type},
    )
    etag = objects.put(settings.destination_bucket, target, encoded.body, written, stale.object.etag if stale else None)
    details = {"key": target, "original": key, "format": encoded.format, "bytes": len(encoded.body)}
    logger.info("stored the derivative", extra={"step": "10"} | details)
    count(f"{encoded.format.capitalize()}Derivatives")
    count_bytes("BytesIn", original.object.size)
    count_bytes("BytesOut", len(encoded.body))
    return Derivative(target, encoded.body, encoded.content_type, etag, cache_tag(key))


def _is_current(derivative: Derivative, original: OpenObject, settings: Settings) -> bool:
    """Look at the original again; if it changed while it was transcoded, take back what was stored."""
    now = objects.head(settings.destination_bucket, original.object.key)
    if now is not None and now.etag == original.object.etag:
        return True
    count("OutrunByChange")
    objects.delete(settings.destination_bucket, derivative.key, derivative.etag)
    return False


def _invalidate_redirect(key: str, settings: Settings) -> None:
    """Make the edge forget the redirect, within the month's budget. It is a safety net: its failure is only counted."""
    try:
        month = f"{datetime.now(UTC):%Y-%m}"
        budget = settings.invalidation_budget
        if budget and (spent := index.spend_invalidation(settings.table, month, budget)):
            count("RedirectInvalidationsOfMonth", spent)
            identifier = invalidate(settings.distribution, [path_of(key)])
            logger.info("invalidated the redirect", extra={"step": "11", "key": key, "invalidation": identifier})
            count("RedirectInvalidations")
            return
    except AWS_ERRORS:
        logger.warning("the redirect was not invalidated", extra={"key": key}, exc_info=True)
    count("RedirectInvalidationsSkipped")
