"""The image in place of one whose original is missing: `FallbackKey`, transcoded like any original, with status 404."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cloud.cache_control import for_answer
from cloud.clients import AWS_ERRORS
from cloud.edge import cache_tag
from cloud.telemetry import logger
from grammar.errors import TranscodingError
from resizer.answer import MISSING_SECONDS
from resizer.derivation import derive

if TYPE_CHECKING:
    from cloud.telemetry import Stopwatch
    from grammar.transform import Transform
    from resizer.derivation import Derivative
    from resizer.settings import Settings


def find_fallback(transform: Transform, missing: str, settings: Settings, stopwatch: Stopwatch) -> Derivative | None:
    """Return the fallback image's derivative for a transform, or None: then the error is answered as usual.

    That is so without a `FallbackKey`, for a description, and if the fallback is missing, can't be transcoded, or is
    private: the edge caches a 404 for ten seconds, whatever its Cache-Control is.

    The result has the cache tag of the missing original, too.
    """
    if not settings.fallback_key or settings.fallback_key == missing or transform.format == "json":
        return None
    # What has no effect on pixels would only make more derivatives of the fallback.
    wanted = replace(transform, signature=None, version=None, download=None)
    try:
        found = derive(wanted, settings.fallback_key, settings, stopwatch)
    except (TranscodingError, *AWS_ERRORS):
        logger.warning("fallback image not available", extra={"key": settings.fallback_key}, exc_info=True)
        return None
    if for_answer(found.owners_cache_control, MISSING_SECONDS) != for_answer("", MISSING_SECONDS):
        logger.warning("fallback image not used: its Cache-Control forbids it", extra={"key": settings.fallback_key})
        return None
    return replace(found, tags=",".join((found.tags, cache_tag(missing))))
