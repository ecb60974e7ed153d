"""Looks up what exists of a requested derivative: its originals, and the derivative itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cloud import objects
from cloud.provenance import describe, is_made_of, owners_cache_control, state_of
from cloud.telemetry import logger
from grammar.errors import OriginalNotFound
from imaging.errors import WatermarkNotFound

if TYPE_CHECKING:
    from cloud.objects import Object, OpenObject

_pool = ThreadPoolExecutor(max_workers=3)


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of the destination bucket: a derivative's, its original's, and its watermark's ("" if it has none)."""

    derivative: str
    original: str
    watermark: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """The bytes of a derivative's originals."""

    original: bytes
    watermark: bytes | None


@dataclass(frozen=True, slots=True)
class Found:
    """The originals, and the object stored under the derivative's key, which may be of older originals."""

    original: OpenObject
    watermark: OpenObject | None
    stored: OpenObject | None

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of a derivative of these originals."""
        return describe(self.original.object, self._watermark)

    @property
    def state(self) -> str:
        """The states of these originals."""
        return " ".join(state_of(each.object) for each in self.originals)

    @property
    def owners_cache_control(self) -> str:
        """The directives of these originals' owners, as canonical text."""
        return owners_cache_control(*(each.object for each in self.originals))

    @property
    def originals(self) -> tuple[OpenObject, ...]:
        """The original, and the watermark if there is one."""
        return (self.original, self.watermark) if self.watermark else (self.original,)

    @property
    def current(self) -> OpenObject | None:
        """The stored derivative, if it was made of these originals."""
        return self.stored if self.stored and self.is_of(self.stored.object) else None

    def is_of(self, derivative: Object) -> bool:
        """Return whether a derivative was made of these originals."""
        return is_made_of(derivative.metadata, self.original.object, self._watermark)

    @property
    def _watermark(self) -> Object | None:
        return self.watermark.object if self.watermark else None

    def read(self) -> Sources:
        """Read the originals."""
        return Sources(self.original.read(), self.watermark.read() if self.watermark else None)

    def close(self) -> None:
        """Close everything unread."""
        self.close_originals()
        self.close_stored()

    def close_originals(self) -> None:
        """Close the originals unread."""
        for original in self.originals:
            original.close()

    def close_stored(self) -> None:
        """Close the stored derivative unread."""
        if self.stored is not None:
            self.stored.close()


def look_up(bucket: str, keys: Keys) -> Found:
    """Open the stored derivative and its originals, concurrently.

    Raises OriginalNotFound and WatermarkNotFound.
    """
    names = (keys.derivative, keys.original, *((keys.watermark,) if keys.watermark else ()))
    opened = list(_pool.map(partial(objects.open_object, bucket), names))
    stored, original, watermark = opened if keys.watermark else (*opened, None)
    logger.info("looked up the original", extra={"step": "8", "key": keys.original, "found": original is not None})
    if original is None or (keys.watermark and watermark is None):
        for each in filter(None, opened):
            each.close()
        if original is None:
            raise OriginalNotFound("no original has this key")
        raise WatermarkNotFound(keys.watermark.rpartition("/")[2])
    return Found(original, watermark, stored)


def is_stored(bucket: str, key: str, found: Found) -> bool:
    """Return whether a derivative of these originals is stored."""
    stored = objects.head(bucket, key)
    return stored is not None and found.is_of(stored)


def is_unchanged(bucket: str, found: Found) -> bool:
    """Look at the originals again, concurrently, and return whether they are unchanged."""
    before = [each.object for each in found.originals]
    now = _pool.map(partial(objects.head, bucket), [each.key for each in before])
    return [each and state_of(each) for each in now] == [state_of(each) for each in before]
