"""A failed answer is counted; one that may be cached is a finding."""

from __future__ import annotations

import pytest

from lab.chaos.tally import SOURCES, Answer, Tally, failures

NO_STORE = {"cache-control": "no-store"}


def counted(path: str, status: int, **headers: str) -> Tally:
    tally = Tally()
    tally.count(Answer(path, status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", 0, 1))
    return tally


@pytest.mark.parametrize("status", [200, 404])
def test_an_image_and_a_404_are_not_failures(status: int) -> None:
    tally = counted("/a", status)
    assert (tally.answers.total(), failures(tally.answers).total(), tally.findings) == (1, 0, [])


def test_the_edges_own_page_is_not_held_against_the_api() -> None:
    assert counted("/resize/40x/a", 504).findings == []
    assert len(counted("/resize/40x/a", 504, age="1").findings) == 1


def test_failures_are_counted_by_source() -> None:
    assert failures(counted("/40x/a", 503).answers) == {("website", 503): 1}
    assert failures(counted("/resize/40x/a", 502, cache_control="no-store").answers) == {("api", 502): 1}
    assert failures(counted("/resize/40x/a", 0).answers) == {("api", 0): 1}


@pytest.mark.parametrize("path", ["/40x/a", "/resize/40x/a"])
@pytest.mark.parametrize("x_cache", ["Hit from cloudfront", "RefreshHit from cloudfront"])
def test_a_cached_answer_is_counted_for_the_edge(path: str, x_cache: str) -> None:
    tally = counted(path, 200, x_cache=x_cache, age="3")
    assert tally.answers == {("edge", 200): 1}
    assert {source for source, _ in tally.answers} < set(SOURCES)


@pytest.mark.parametrize(
    ("status", "headers", "finding"),
    [
        (502, {}, "without no-store"),
        (503, {"cache_control": "no-store"}, "without Retry-After"),
        (503, {"cache_control": "no-store", "retry_after": "2"}, None),
        (500, {"cache_control": "no-store"}, "a bug"),
        (502, {"cache_control": "no-store", "age": "3"}, "cached"),
    ],
)
def test_a_failure_of_the_api_must_not_be_cached(status: int, headers: dict[str, str], finding: str | None) -> None:
    findings = counted("/resize/40x/a", status, x_amzn_requestid="r", **headers).findings
    assert len(findings) == (finding is not None)
    assert finding is None or finding in findings[0]
