"""The edge's caches at their worst: whatever was being fetched while an invalidation ran is kept all the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from model.fake_s3 import HookLess

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Cached:
    """An answer, by its decoded path. Times are in milliseconds; `hops` are the caches that it has passed.

    `tags` are separated by commas, as in the header that CloudFront reads.
    """

    path: str
    body: bytes
    content_type: str
    tags: str
    expires: int
    hops: int = 0
    stored: int = field(default=0, compare=False)


class FakeEdge:
    """CloudFront's `create_invalidation`, and all answers that some edge location keeps."""

    def __init__(self, scheduler: Scheduler, now: Callable[[], int]) -> None:
        """Make an edge that has nothing cached."""
        self.answers: list[Cached] = []
        self.tags: list[str] = []
        self._references: set[str] = set()
        self.meta = HookLess
        self._scheduler = scheduler
        self._now = now

    def create_invalidation(self, DistributionId: str, InvalidationBatch: dict[str, Any]) -> dict[str, Any]:  # noqa: N803, ARG002 (boto3's names)
        reference = InvalidationBatch["CallerReference"]
        items = InvalidationBatch["Paths"]["Items"]

        def effect() -> dict[str, Any]:
            if reference not in self._references:
                self._references.add(reference)
                self.tags.extend(item[1:] for item in items if item.startswith("#"))
                self.answers = [answer for answer in self.answers if not _is_named(answer, items)]
            return {"Invalidation": {"Id": "I" + str(len(self._references))}}

        return self._scheduler.call("CreateInvalidation", effect)

    def store(self, answer: Cached) -> None:
        """Keep an answer that was fetched, in some edge location."""
        if answer.expires > self._now() and answer not in self.answers:
            self.answers.append(replace(answer, stored=self._now()))

    def regional(self, path: str) -> Cached | None:
        """Return the oldest answer of a path that a regional cache has, or None."""
        return next((answer for answer in self.alive() if (answer.path, answer.hops) == (path, 0)), None)

    def pass_on(self, answer: Cached) -> Cached:
        """Return what the next cache keeps of an answer that a regional one has."""
        return replace(answer, hops=answer.hops + 1)

    def alive(self) -> list[Cached]:
        """Return the answers that an edge may still give."""
        self.answers = [answer for answer in self.answers if answer.expires > self._now()]
        return self.answers


def _is_named(answer: Cached, items: list[str]) -> bool:
    tags = {f"#{tag}" for tag in answer.tags.split(",")}
    return any(item in tags or unquote(item) == answer.path for item in items)
