"""What has to be done for a bucket to agree with a folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.sync.folder import UndeliverableFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.sync.bucket import Bucket
    from ops.sync.folder import Original


@dataclass(frozen=True, slots=True)
class Plan:
    """The originals to upload and the keys to remove; `unchanged` counts the others."""

    added: tuple[Original, ...]
    changed: tuple[Original, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def uploads(self) -> tuple[Original, ...]:
        """What is uploaded: new and changed originals."""
        return self.added + self.changed


def make_plan(originals: Sequence[Original], bucket: Bucket, jobs: int, advance: Callable[[], None]) -> Plan:
    """Compare a folder's originals with a bucket, `jobs` at a time; `advance` is called after each one.

    Raises UndeliverableFolder for an empty folder where the bucket is not: that is a mistake more often than a wish.
    """
    sizes = bucket.list_sizes()
    if sizes and not originals:
        raise UndeliverableFolder(
            f"The folder is empty: that would remove all {len(sizes)} originals. Nothing was done."
        )
    alike = [original for original in originals if sizes.get(original.key) == original.size]

    def agrees(original: Original) -> bool:
        answer = bucket.agrees(original)
        advance()
        return answer

    with ThreadPoolExecutor(jobs) as pool:
        same = {original.key for original, agreed in zip(alike, pool.map(agrees, alike), strict=True) if agreed}
    return Plan(
        added=tuple(original for original in originals if original.key not in sizes),
        changed=tuple(original for original in originals if original.key in sizes and original.key not in same),
        removed=tuple(sorted(set(sizes) - {original.key for original in originals})),
        unchanged=len(same),
    )
