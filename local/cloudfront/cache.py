"""An edge's cache: whole answers by key, the least recently used given up first, dropped by path, wildcard or tag."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from local.cloudfront.behaviour import same_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from multidict import MultiMapping

    from local.exchange import Answer

N = TypeVar("N", bytes, str)

Key = tuple[str, ...]
"""The path and query in the cache key, then whatever else the cache policy adds."""

MAXIMUM_TAGS: Final = 50
"""Tags that CloudFront reads of one answer (developer guide, "What you need to know when invalidating tags")."""

_ENTRY_OVERHEAD: Final = 2048
"""Bytes that an entry is taken to need beside its body."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept answer: since and until when (seconds of the cache's clock), and the tags that it goes by."""

    answer: Answer
    since: float
    until: float
    tags: frozenset[str]

    @property
    def size(self) -> int:
        """Return about how many bytes it needs."""
        return len(self.answer.body) + _ENTRY_OVERHEAD


class Cache:
    """Answers up to `maximum_bytes` together."""

    def __init__(self, maximum_bytes: int) -> None:
        """Take the number of bytes that all answers together may have."""
        self._maximum_bytes = maximum_bytes
        self._entries: OrderedDict[Key, Stored] = OrderedDict()
        self._by_path: defaultdict[bytes, set[Key]] = defaultdict(set)
        self._by_tag: defaultdict[str, set[Key]] = defaultdict(set)
        self._bytes = 0

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self._entries)

    def get(self, key: Key) -> Stored | None:
        """Return what is kept under a key, fresh or not, and count it as used."""
        stored = self._entries.get(key)
        if stored is not None:
            self._entries.move_to_end(key)
        return stored

    def put(self, key: Key, stored: Stored) -> None:
        """Keep an answer in place of what the key had, and give up the least recently used ones above the limit."""
        self._drop(key)
        if stored.size > self._maximum_bytes:
            return
        self._entries[key] = stored
        self._by_path[_full_path(key)].add(key)
        for tag in stored.tags:
            self._by_tag[tag].add(key)
        self._bytes += stored.size
        while self._bytes > self._maximum_bytes:
            self._drop(next(iter(self._entries)))

    def prolong(self, key: Key, stored: Stored, until: float) -> None:
        """Keep an answer for longer, unless it was dropped or replaced in the meantime."""
        if self._entries.get(key) is stored:
            self._entries[key] = replace(stored, until=until)

    def invalidate(self, items: Sequence[str]) -> int:
        """Drop what the items of an invalidation name, and return how many answers these were.

        An item is a path (a trailing `*` matches any rest; encoded and decoded spellings are the same), or a
        `#tag` in any case. A path names all answers for it, whatever else is in their keys, but its query.
        """
        doomed = {key for item in items for key in self._named(item)}
        for key in doomed:
            self._drop(key)
        return len(doomed)

    def _named(self, item: str) -> Iterable[Key]:
        if item.startswith("#"):
            return self._by_tag.get(item[1:].lower(), ())
        path = item if item.startswith("/") else f"/{item}"
        if path.endswith("*"):
            prefix = same_path(path[:-1])
            return [key for full, keys in self._by_path.items() if full.startswith(prefix) for key in keys]
        return self._by_path.get(same_path(path), ())

    def _drop(self, key: Key) -> None:
        stored = self._entries.pop(key, None)
        if stored is None:
            return
        self._bytes -= stored.size
        _forget(self._by_path, _full_path(key), key)
        for tag in stored.tags:
            _forget(self._by_tag, tag, key)


def _full_path(key: Key) -> bytes:
    path, query = key[:2]
    return same_path(f"{path}?{query}" if query else path)


def _forget(index: defaultdict[N, set[Key]], name: N, key: Key) -> None:
    index[name].discard(key)
    if not index[name]:
        del index[name]


def read_tags(headers: MultiMapping[str], tag_header: str | None) -> frozenset[str]:
    """Read an answer's cache tags, in lower case: comma-separated values, of which the first 50 count."""
    if tag_header is None:
        return frozenset()
    values = (tag.strip().lower() for value in headers.getall(tag_header, []) for tag in value.split(","))
    return frozenset([tag for tag in values if tag][:MAXIMUM_TAGS])
