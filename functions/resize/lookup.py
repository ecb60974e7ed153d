"""What is there when a derivative is asked for: its original, and perhaps the derivative itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud import objects
from cloud.telemetry import logger
from imaging.errors import OriginalNotFound

if TYPE_CHECKING:
    from cloud.objects import Object, OpenObject

_pair = ThreadPoolExecutor(max_workers=2)


@dataclass(frozen=True, slots=True)
class Found:
    """An original, and what is stored under the derivative's key: of this original, of an older one, or nothing."""

    original: OpenObject
    stored: OpenObject | None

    @property
    def current(self) -> OpenObject | None:
        """The stored derivative, if it was made of this very original."""
        stored = self.stored
        return stored if stored and _is_made_of(stored.object, self.original.object.etag) else None

    def close(self) -> None:
        """Read neither of them."""
        self.original.close()
        self.close_stored()

    def close_stored(self) -> None:
        """Read only the original."""
        if self.stored is not None:
            self.stored.close()


def look_up(bucket: str, target: str, key: str) -> Found:
    """Ask for the stored derivative `target` and for its original, side by side. Raises OriginalNotFound."""
    stored, original = _pair.map(lambda name: objects.open_object(bucket, name), (target, key))
    logger.info("asked for the original", extra={"step": "8", "key": key, "found": original is not None})
    if original is None:
        if stored is not None:
            stored.close()
        raise OriginalNotFound("there is no original of this key")
    return Found(original, stored)


def is_stored(bucket: str, target: str, etag: str) -> bool:
    """Tell whether a derivative of the original with this ETag is stored."""
    stored = objects.head(bucket, target)
    return stored is not None and _is_made_of(stored, etag)


def _is_made_of(stored: Object, etag: str) -> bool:
    return stored.metadata.get("original-etag") == etag
