"""What is there when a derivative is asked for: its originals, and perhaps the derivative itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cloud import objects
from cloud.provenance import describe, is_made_of
from cloud.telemetry import logger
from grammar.errors import OriginalNotFound
from imaging.errors import WatermarkNotFound

if TYPE_CHECKING:
    from cloud.objects import Object, OpenObject

_pool = ThreadPoolExecutor(max_workers=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys of the destination bucket: a derivative's, its original's, and its watermark's ("" where it has none)."""

    target: str
    original: str
    watermark: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """The bytes that a derivative is made of."""

    original: bytes
    watermark: bytes | None


@dataclass(frozen=True, slots=True)
class Found:
    """The originals, and what is stored under the derivative's key: of these originals, of older ones, or nothing."""

    original: OpenObject
    watermark: OpenObject | None
    stored: OpenObject | None

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of a derivative of these very originals."""
        return describe(self.original.object, self._watermark)

    @property
    def state(self) -> str:
        """The ETags of these originals."""
        return " ".join(each.object.etag for each in self.originals)

    @property
    def originals(self) -> tuple[OpenObject, ...]:
        """The original, and the watermark if there is one."""
        return (self.original, self.watermark) if self.watermark else (self.original,)

    @property
    def current(self) -> OpenObject | None:
        """The stored derivative, if it was made of these very originals."""
        return self.stored if self.stored and self.is_of(self.stored.object) else None

    def is_of(self, derivative: Object) -> bool:
        """Tell whether a derivative was made of these very originals."""
        return is_made_of(derivative.metadata, self.original.object, self._watermark)

    @property
    def _watermark(self) -> Object | None:
        return self.watermark.object if self.watermark else None

    def read(self) -> Sources:
        """Read the originals."""
        return Sources(self.original.read(), self.watermark.read() if self.watermark else None)

    def close(self) -> None:
        """Read none of them."""
        self.close_originals()
        self.close_stored()

    def close_originals(self) -> None:
        """Read only the stored derivative."""
        for original in self.originals:
            original.close()

    def close_stored(self) -> None:
        """Read only the originals."""
        if self.stored is not None:
            self.stored.close()


def look_up(bucket: str, wanted: Wanted) -> Found:
    """Ask for the stored derivative and for its originals, side by side.

    Raises OriginalNotFound and WatermarkNotFound.
    """
    names = (wanted.target, wanted.original, *((wanted.watermark,) if wanted.watermark else ()))
    opened = list(_pool.map(partial(objects.open_object, bucket), names))
    stored, original, watermark = opened if wanted.watermark else (*opened, None)
    logger.info("asked for the original", extra={"step": "8", "key": wanted.original, "found": original is not None})
    if original is None or (wanted.watermark and watermark is None):
        for each in filter(None, opened):
            each.close()
        if original is None:
            raise OriginalNotFound("there is no original of this key")
        raise WatermarkNotFound(wanted.watermark.rpartition("/")[2])
    return Found(original, watermark, stored)


def is_stored(bucket: str, target: str, found: Found) -> bool:
    """Tell whether a derivative of these very originals is stored."""
    stored = objects.head(bucket, target)
    return stored is not None and found.is_of(stored)


def is_unchanged(bucket: str, found: Found) -> bool:
    """Look at the originals again, side by side, and tell whether they are what they were."""
    before = [each.object for each in found.originals]
    now = _pool.map(partial(objects.head, bucket), [each.key for each in before])
    return [each and each.etag for each in now] == [each.etag for each in before]
