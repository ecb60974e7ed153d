"""The table's rows: originals, derivatives, and two others, each of which has a file of its own.

    original (hash)            derivative (range)           attributes
    original#photos/a.jpg      #                            etag, since, rounds     the original itself
    original#photos/a.jpg      300x200,f=webp               etag, written, expires, one row for each derivative
                                                            lease, holder
    original#photos/a.jpg      300x,wm=b.png                the same, and watermark one with a watermark
    original#watermarks/b.png  ~300x,wm=b.png/photos/a.jpg  etag, written, expires  its twin, under the watermark
    invalidations#2026-11      #                            paths, expires          counted by step 11: budget.py
    reconciliation#            #                            run, piece, ...         progress of a run: progress.py

`written` and `since` are milliseconds, `expires` seconds, since 1970; `watermark` is the watermark's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloud.table.attributes import to_item

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from cloud.table.attributes import Item

ITSELF = "#"
"""Range key of an original's own row; not a valid transform."""
DEPENDENT = "~"
"""Prefix of the range key under a watermark, for another original's derivative; all transforms sort before it."""
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class OriginalRow:
    """The state of an original that was last invalidated at the edge.

    `etag` is the original's state (`cloud.provenance`): its ETag, and its owner's Cache-Control; "" if it was removed,
    or "changing ..." while it is about to change.

    `since` is the time of the last invalidation, or 0 once no response made from an older original can be in progress;
    until then another `rounds` invalidations follow.
    """

    etag: str
    since: int
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class DerivativeRow:
    """A derivative; at `written` its render began, or it was about to be stored.

    `name` is the range key: the transform, or `DEPENDENT` and the storage key. `watermark` is the watermark's key.
    """

    original: str
    name: str
    written: int
    watermark: str = ""

    @property
    def is_dependent(self) -> bool:
        """Whether the row's original is the watermark."""
        return self.name.startswith(DEPENDENT)

    @property
    def storage_key(self) -> str:
        """The derivative's own key in the destination bucket."""
        return self.name.removeprefix(DEPENDENT) if self.is_dependent else f"{self.name}/{self.original}"

    @property
    def twin(self) -> tuple[str, str] | None:
        """The original and range key of the row under the derivative's other original, if it has another."""
        if self.is_dependent:
            transform, _, photograph = self.storage_key.partition("/")
            return photograph, transform
        return (self.watermark, DEPENDENT + self.storage_key) if self.watermark else None


def partition(original: str) -> str:
    """Return the hash key of an original's rows."""
    return f"original#{original}"


def row_key(original: str, derivative: str = ITSELF) -> Item:
    """Return the key of an original's row, or of one of its derivatives'."""
    return to_item({"original": partition(original), "derivative": derivative})


def is_condition(error: ClientError) -> bool:
    """Return whether a write failed because its condition does not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
