"""Carries out a plan: parallel uploads, then removals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.sync.bucket import Bucket
    from ops.sync.plan import Plan


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result; `failures` has each key that failed, with the reason."""

    uploaded: int
    removed: int
    failures: tuple[tuple[str, str], ...]


def deliver(plan: Plan, bucket: Bucket, jobs: int, advance: Callable[[int], None]) -> Outcome:
    """Upload, `jobs` at a time, and then remove; `advance` is called with the size of each uploaded original.

    Nothing is removed if an upload failed: a renamed file would be missing under both names. An interruption waits for
    the uploads under way, skips the rest, and is raised again.
    """
    failures: list[tuple[str, str]] = []
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(bucket.put, original): original.key for original in plan.uploads}
        try:
            for future in as_completed(futures):
                try:
                    advance(future.result())
                except (OSError, BotoCoreError, ClientError) as error:
                    failures.append((futures[future], str(error)))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    uploaded = len(plan.uploads) - len(failures)
    if failures:
        return Outcome(uploaded, 0, tuple(sorted(failures)))
    failures.extend(bucket.remove(plan.removed))
    return Outcome(uploaded, len(plan.removed) - len(failures), tuple(sorted(failures)))
