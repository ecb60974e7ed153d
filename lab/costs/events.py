"""What one event of the workflow calls. tests/lab/costs/test_events.py counts the functions' real calls."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Calls:
    """Billed calls and bytes, each of them zero where it is not named.

    A row is below 1 KB, so that writing or deleting one is one unit; a query reads consistently, one unit for 4 KB.
    S3's DELETE is free, and is not counted.
    """

    s3_reads: float = 0
    s3_writes: float = 0
    dynamodb_writes: float = 0
    dynamodb_reads: float = 0
    messages: float = 0
    """Sent into the queue, by S3 or by the copy function; each is one pass of the copy function over one key."""
    paths: float = 0
    log_bytes: float = 0

    def __add__(self, other: Calls) -> Calls:
        """Add call by call."""
        return Calls(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    def __mul__(self, factor: float) -> Calls:
        """Repeat the event."""
        return Calls(*(getattr(self, name) * factor for name in NAMES))


NAMES = tuple(field.name for field in fields(Calls))

FIRST_HIT = Calls(s3_reads=3, s3_writes=1, dynamodb_reads=1, dynamodb_writes=1, log_bytes=4_000)
"""Derivative and original are asked for, its rows counted (one unit is enough for 50 of them), the row is written,
which is the lease, the derivative put, the original looked at again.

Waiting for another's render is not priced: ten looks at most, each a read of S3 and a write of the table.
"""

WATERMARK = Calls(s3_reads=2, dynamodb_writes=1)
"""What a watermark adds to a first hit: it is read, looked at again, and the derivative has a row under it too."""

COUNTED_INVALIDATION = Calls(dynamodb_writes=1)
"""Step 11, where the budget is not 0: the month's counter is updated, or refuses, which costs the same."""

NEW_ORIGINAL = Calls(s3_reads=3, s3_writes=1, dynamodb_reads=1, dynamodb_writes=1, messages=1, log_bytes=2_200)
"""Both buckets are looked at, the original is copied, the source looked at again; the rows are read, one is written."""

UPKEEP_OF_VARIANT = Calls(s3_reads=2, dynamodb_writes=1)
"""A derivative of an original that changed: looked at twice, deleted, and its row forgotten by the second pass."""

TWIN = Calls(dynamodb_writes=1)
"""What a watermark adds to the upkeep of a variant, whichever of its originals changed: its other row is forgotten."""

CHANGED_ORIGINAL = Calls(
    s3_reads=7, s3_writes=1, dynamodb_reads=3, dynamodb_writes=4, messages=3, paths=3, log_bytes=7_200
)
"""The first pass is a new original's, and marks the row before it copies; the second and the third look at both
buckets, read the rows, and write the row again. Each of them invalidates the cache tag: three paths, however many
variants there are.
"""


EXPIRED_VERSION = Calls(s3_reads=2, dynamodb_reads=1, messages=1, log_bytes=1_800)
"""An older version that S3 drops is announced too: both buckets are looked at, and the rows are read."""

INSPECTED_ORIGINAL = Calls(s3_reads=2, dynamodb_reads=1)
"""By a reconciliation, and found in order: both buckets are looked at, and the rows are read."""

INSPECTED_DERIVATIVE = Calls(s3_reads=1, dynamodb_reads=1)
"""It is looked at with its original, and its row with it."""

PIECE = Calls(s3_writes=2, dynamodb_reads=1, dynamodb_writes=1, messages=1, log_bytes=1_500)
"""Of a reconciliation: both buckets are listed, and the progress is read, and written."""

RECONCILIATION = Calls(dynamodb_reads=2, dynamodb_writes=2, messages=1, log_bytes=1_500)
"""Beside its pieces: the schedule's message, the beginning and the end; and a page of the table, where that is all."""


def change(variants: float, watermarked: float = 0) -> Calls:
    """Return what the change of an original with so many derivatives calls; `watermarked` of them have a watermark.

    Those of a watermark all have. Beyond 500 (a page of the index) it is more messages, and one more path.
    """
    return CHANGED_ORIGINAL + UPKEEP_OF_VARIANT * variants + TWIN * watermarked
