"""AWS calls of each event of the workflow. tests/lab/costs/test_events.py compares them with the functions' calls."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Calls:
    """Billed calls and bytes.

    A row is below 1 KB: writing or deleting one is one unit. Queries are strongly consistent: one unit for 4 KB. S3's
    DELETE is free and not counted.
    """

    s3_reads: float = 0
    s3_writes: float = 0
    dynamodb_writes: float = 0
    dynamodb_reads: float = 0
    messages: float = 0
    """Messages sent to the queue, by S3 or by the copy function; each is one run of the copy function for one key."""
    paths: float = 0
    log_bytes: float = 0

    def __add__(self, other: Calls) -> Calls:
        """Add the calls of two events."""
        return Calls(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    def __mul__(self, factor: float) -> Calls:
        """Multiply the calls by a number of events."""
        return Calls(*(getattr(self, name) * factor for name in NAMES))


NAMES = tuple(field.name for field in fields(Calls))

FIRST_HIT = Calls(s3_reads=3, s3_writes=1, dynamodb_reads=1, dynamodb_writes=1, log_bytes=4_000)
"""Get the derivative and the original, count the rows (one unit for 50 rows), write the row, which is the lease, put
the derivative, and head the original again.

Waiting for another invocation's render is not priced: at most ten polls, each a read of S3 and a write of the table.
"""

WATERMARK = Calls(s3_reads=2, dynamodb_writes=1)
"""A watermark adds to a first hit: get it, head it again, and write a row of the derivative under it."""

COUNTED_INVALIDATION = Calls(dynamodb_writes=1)
"""Step 11 with a budget above 0: an update of the month's counter. A refused update costs the same."""

NEW_ORIGINAL = Calls(s3_reads=3, s3_writes=1, dynamodb_reads=1, dynamodb_writes=1, messages=1, log_bytes=2_200)
"""Head both buckets, copy the original, head the source again; read the rows, and write one."""

UPKEEP_OF_VARIANT = Calls(s3_reads=2, dynamodb_writes=1)
"""For each derivative of a changed original: two heads, and the deletion of its row in the second run."""

TWIN = Calls(dynamodb_writes=1)
"""A watermark adds to the upkeep of a variant: the deletion of its row under the other original."""

CHANGED_ORIGINAL = Calls(
    s3_reads=7, s3_writes=1, dynamodb_reads=3, dynamodb_writes=4, messages=3, paths=3, log_bytes=7_200
)
"""The first run is that of a new original, and marks the row before it copies; the second and third head both buckets,
read the rows, and write the row. Each run invalidates the cache tag: three paths for any number of variants.
"""

EXPIRED_VERSION = Calls(s3_reads=2, dynamodb_reads=1, messages=1, log_bytes=1_800)
"""S3 also sends a message when an old version expires: head both buckets, and read the rows."""

INSPECTED_ORIGINAL = Calls(s3_reads=2, dynamodb_reads=1)
"""An original in a reconciliation, without differences: head both buckets, and read the rows."""

INSPECTED_DERIVATIVE = Calls(s3_reads=1, dynamodb_reads=1)
"""A derivative in a reconciliation, without differences: one head, and one read of its row."""

PIECE = Calls(s3_writes=2, dynamodb_reads=1, dynamodb_writes=1, messages=1, log_bytes=1_500)
"""A piece of a reconciliation: list both buckets, and read and write the progress."""

RECONCILIATION = Calls(dynamodb_reads=2, dynamodb_writes=2, messages=1, log_bytes=1_500)
"""A reconciliation without its pieces: the schedule's message, start and end, and one page of the table."""


def change(variants: float, watermarked: float = 0) -> Calls:
    """Return the calls for a change of an original with `variants` derivatives, `watermarked` of them watermarked.

    If the watermark itself changed, all of them have it. Beyond 500 derivatives (a page of the index) there are more
    messages and one more path.
    """
    return CHANGED_ORIGINAL + UPKEEP_OF_VARIANT * variants + TWIN * watermarked
