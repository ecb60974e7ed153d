"""An edge's cache: complete answers by key, evicted least recently used first, invalidated by path, wildcard or tag."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from cachetools import LRUCache

from local.cloudfront.behaviour import same_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from multidict import MultiMapping

    from local.exchange import Answer

N = TypeVar("N", bytes, str)

Key = tuple[str, ...]
"""The path and query in the cache key, then whatever else the cache policy adds."""

MAXIMUM_TAGS: Final = 50
"""Tags that CloudFront reads from one answer (developer guide, "What you need to know when invalidating tags")."""

_ENTRY_OVERHEAD: Final = 2048
"""Estimated bytes of an entry beside its body."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored answer, when it was stored and when it expires (seconds of the cache's clock), and its cache tags."""

    answer: Answer
    since: float
    until: float
    tags: frozenset[str]

    @property
    def size(self) -> int:
        """Return the approximate number of bytes in memory."""
        return len(self.answer.body) + _ENTRY_OVERHEAD


class Cache(LRUCache[Key, Stored]):
    """Answers up to a number of bytes together, with indexes of their paths and tags."""

    def __init__(self, maximum_bytes: int) -> None:
        """Take the number of bytes that all answers together may have."""
        super().__init__(maximum_bytes, lambda stored: stored.size)
        self._by_path: defaultdict[bytes, set[Key]] = defaultdict(set)
        self._by_tag: defaultdict[str, set[Key]] = defaultdict(set)

    def __setitem__(self, key: Key, stored: Stored) -> None:
        """Replace the answer of a key, and evict the least recently used ones. Raise ValueError for one too large."""
        self.pop(key, None)
        super().__setitem__(key, stored)
        self._by_path[_full_path(key)].add(key)
        for tag in stored.tags:
            self._by_tag[tag].add(key)

    def __delitem__(self, key: Key) -> None:
        """Drop an answer; evictions come through here, too."""
        tags = self[key].tags
        super().__delitem__(key)
        _remove(self._by_path, _full_path(key), key)
        for tag in tags:
            _remove(self._by_tag, tag, key)

    def put(self, key: Key, stored: Stored) -> None:
        """Store an answer, unless it is larger than the whole cache."""
        with contextlib.suppress(ValueError):
            self[key] = stored

    def extend(self, key: Key, stored: Stored, until: float) -> None:
        """Extend the lifetime of an answer, unless it was dropped or replaced in the meantime."""
        if self.get(key) is stored:
            self[key] = replace(stored, until=until)

    def invalidate(self, items: Sequence[str]) -> int:
        """Drop the answers that the items of an invalidation name, and return their number.

        An item is a path (a trailing `*` matches any rest; percent-encoded and decoded spellings are equal) or a `#tag`
        in any case. A path covers every variant of the cache key, but only the query that it names.
        """
        named = {key for item in items for key in self._find(item)}
        for key in named:
            del self[key]
        return len(named)

    def _find(self, item: str) -> Iterable[Key]:
        if item.startswith("#"):
            return self._by_tag.get(item[1:].lower(), ())
        path = item if item.startswith("/") else f"/{item}"
        if path.endswith("*"):
            prefix = same_path(path[:-1])
            return [key for full, keys in self._by_path.items() if full.startswith(prefix) for key in keys]
        return self._by_path.get(same_path(path), ())


def _full_path(key: Key) -> bytes:
    path, query = key[:2]
    return same_path(f"{path}?{query}" if query else path)


def _remove(index: defaultdict[N, set[Key]], name: N, key: Key) -> None:
    index[name].discard(key)
    if not index[name]:
        del index[name]


def read_tags(headers: MultiMapping[str], tag_header: str | None) -> frozenset[str]:
    """Read an answer's cache tags in lower case: comma-separated values, at most the first 50."""
    if tag_header is None:
        return frozenset()
    values = (tag.strip().lower() for value in headers.getall(tag_header, []) for tag in value.split(","))
    return frozenset([tag for tag in values if tag][:MAXIMUM_TAGS])
