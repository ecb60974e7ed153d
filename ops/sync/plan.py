"""The differences between a bucket and a folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.sync.bucket import Bucket
    from ops.sync.folder import Original


FEW = 10
"""Objects that are removed without --yes, whatever share of the bucket they are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The originals to upload, and the keys to remove; `unchanged` is the number of the others."""

    added: tuple[Original, ...]
    changed: tuple[Original, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def uploads(self) -> tuple[Original, ...]:
        """New and changed originals."""
        return self.added + self.changed

    @property
    def total(self) -> int:
        """The number of objects that are in the bucket now."""
        return len(self.changed) + len(self.removed) + self.unchanged

    @property
    def removes_many(self) -> bool:
        """Whether so many objects would be removed that it may be a mistake: of the folder, or of the bucket."""
        return len(self.removed) > FEW and len(self.removed) > self.total / 10


def make_plan(originals: Sequence[Original], bucket: Bucket, jobs: int, advance: Callable[[], None]) -> Plan:
    """Compare a folder's originals with a bucket, `jobs` at a time; `advance` is called after each one.

    Raises CommandFailed for an empty folder where the bucket is not empty: that is usually a mistake.
    """
    sizes = bucket.list_sizes()
    if sizes and not originals:
        raise CommandFailed(
            f"nothing was changed: the folder is empty, which would remove all {len(sizes):,} originals"
        )
    alike = [original for original in originals if sizes.get(original.key) == original.size]

    def is_same(original: Original) -> bool:
        answer = bucket.equals(original)
        advance()
        return answer

    with ThreadPoolExecutor(jobs) as pool:
        same = {original.key for original, same in zip(alike, pool.map(is_same, alike), strict=True) if same}
    return Plan(
        added=tuple(original for original in originals if original.key not in sizes),
        changed=tuple(original for original in originals if original.key in sizes and original.key not in same),
        removed=tuple(sorted(set(sizes) - {original.key for original in originals})),
        unchanged=len(same),
    )
