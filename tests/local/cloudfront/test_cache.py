from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from local.cloudfront.cache import Cache, Key, Stored, read_tags
from local.exchange import Answer


def stored(body: bytes = b"", *tags: str) -> Stored:
    return Stored(Answer(200, CIMultiDict(), body), since=0.0, until=60.0, tags=frozenset(tags))


def filled(*keys: Key) -> Cache:
    cache = Cache(1_000_000)
    for key in keys:
        cache.put(key, stored())
    return cache


def test_the_least_recently_used_answers_are_evicted_first() -> None:
    cache = Cache(10_000)
    for name in "abc":
        cache.put((f"/{name}", ""), stored(bytes(1_000)))
    cache.get(("/a", ""))
    cache.put(("/d", ""), stored(bytes(1_000)))
    assert [cache.get((f"/{name}", "")) is not None for name in "abcd"] == [True, False, True, True]


def test_an_answer_above_the_whole_limit_is_not_kept() -> None:
    cache = filled(("/a", ""))
    cache.put(("/b", ""), stored(bytes(1_000_000)))
    assert len(cache) == 1


def test_replacing_an_answer_removes_its_tags() -> None:
    cache = Cache(1_000_000)
    cache.put(("/a", ""), stored(b"", "old"))
    cache.put(("/a", ""), stored(b"", "new"))
    assert cache.invalidate(["#old"]) == 0
    assert cache.invalidate(["#new"]) == 1


@pytest.mark.parametrize(
    ("item", "dropped"),
    [
        ("/photos/a b.jpg", {"/photos/a%20b.jpg"}),
        ("/photos/a%20b.jpg", {"/photos/a%20b.jpg"}),
        ("photos/a%20b.jpg", {"/photos/a%20b.jpg"}),
        ("/photos/*", {"/photos/a%20b.jpg", "/photos/%C3%A9.jpg"}),
        ("/photos/é*", {"/photos/%C3%A9.jpg"}),
        ("/photos/É.jpg", set()),
        ("/photos", set()),
        ("/*.jpg", set()),
        ("/star%2A", {"/star*"}),
        ("/st%2A", set()),
        ("*", {"/photos/a%20b.jpg", "/photos/%C3%A9.jpg", "/star*", "/starfish"}),
        ("#photos", set()),
    ],
)
def test_an_item_names_exactly_these_paths(item: str, dropped: set[str]) -> None:
    paths = ["/photos/a%20b.jpg", "/photos/%C3%A9.jpg", "/star*", "/starfish"]
    cache = filled(*((path, "") for path in paths))
    assert cache.invalidate([item]) == len(dropped)
    assert {path for path in paths if cache.get((path, "")) is None} == dropped


def test_a_path_names_every_variant_of_it() -> None:
    cache = filled(("/a", "", "accept: image/webp"), ("/a", "", "accept: */*"), ("/a", "x=1"))
    assert cache.invalidate(["/a"]) == 2
    assert cache.invalidate(["/a?x=1"]) == 1


def test_an_answer_that_two_items_name_is_counted_once() -> None:
    assert filled(("/a", "")).invalidate(["/a", "/*", "/a"]) == 1


def test_a_dropped_answer_is_not_extended() -> None:
    cache = Cache(1_000_000)
    one = stored()
    cache.put(("/a", ""), one)
    cache.invalidate(["/a"])
    cache.extend(("/a", ""), one, 100.0)
    assert cache.get(("/a", "")) is None


def test_tags_are_read_in_lower_case_and_only_fifty_of_them() -> None:
    headers = CIMultiDict({"x-tag": "One, two,,", "X-Tag2": ",".join(map(str, range(60)))})
    assert read_tags(headers, "X-Tag") == {"one", "two"}
    assert read_tags(headers, "x-tag2") == {str(number) for number in range(50)}
    assert read_tags(headers, None) == frozenset()


@given(st.lists(st.tuples(st.sampled_from(["put", "get", "drop"]), st.integers(0, 8), st.integers(0, 3000))))
def test_the_limit_holds_and_nothing_is_left_in_the_indexes(actions: list[tuple[str, int, int]]) -> None:
    cache = Cache(12_000)
    for action, number, size in actions:
        key = (f"/{number % 5}", str(number % 2))
        if action == "put":
            cache.put(key, stored(bytes(size), f"tag{number % 3}"))
        elif action == "get":
            cache.get(key)
        else:
            cache.invalidate([f"#tag{number % 3}"])
        assert cache.currsize == sum(one.size for one in dict(cache).values()) <= 12_000
    cache.invalidate(["/*"])
    assert (len(cache), cache.currsize, dict(cache._by_path), dict(cache._by_tag)) == (0, 0, {}, {})
