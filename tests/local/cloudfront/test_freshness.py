from __future__ import annotations

import pytest
from multidict import CIMultiDict

from local.cloudfront.freshness import Lifetimes, cache_control, lifetime, may_be_served_stale

YEAR = 31536000
DATE = "Tue, 24 Nov 2026 07:00:00 GMT"
HOUR_LATER = "Tue, 24 Nov 2026 08:00:00 GMT"


def seconds(status: int = 200, lifetimes: tuple[int, int, int] = (0, 0, YEAR), **headers: str) -> float:
    named = CIMultiDict((name.replace("_", "-"), value) for name, value in headers.items())
    return lifetime(status, named, Lifetimes(*map(float, lifetimes)), {404: 5.0})


@pytest.mark.parametrize(
    ("lifetimes", "cache_control", "kept"),
    [
        ((0, 0, YEAR), None, 0),
        ((0, 86400, YEAR), None, 86400),
        ((60, 0, YEAR), None, 60),
        ((0, 0, YEAR), "max-age=3600", 3600),
        ((0, 0, YEAR), "public, max-age=3600, s-maxage=31536000", YEAR),
        ((0, 0, 100), "max-age=3600", 100),
        ((60, 70, 100), "max-age=1", 60),
        ((0, 60, YEAR), "no-store", 0),
        ((0, 60, YEAR), "private, max-age=60", 0),
        ((0, 60, YEAR), "No-Cache", 0),
        ((30, 60, YEAR), "no-store", 30),
        ((0, 60, YEAR), "max-age=soon", 60),
        ((0, 60, YEAR), "max-age=99999999999999999999", YEAR),
        ((0, 60, YEAR), 'max-age="7"', 7),
        ((0, 0, 0), "max-age=60", 0),
    ],
)
def test_a_policy_bounds_the_lifetime_that_an_origin_requests(
    lifetimes: tuple[int, int, int], cache_control: str | None, kept: int
) -> None:
    headers = CIMultiDict({"Cache-Control": cache_control} if cache_control else {})
    assert lifetime(200, headers, Lifetimes(*map(float, lifetimes)), {}) == kept


def test_expires_counts_from_the_date_and_yields_to_max_age() -> None:
    assert seconds(Date=DATE, Expires=HOUR_LATER) == 3600
    assert seconds(Date=DATE, Expires=HOUR_LATER, Cache_Control="max-age=1") == 1
    assert seconds(200, (0, 60, YEAR), Date=DATE, Expires="0") == 0


def test_a_307_is_kept_only_with_a_cache_control_and_a_302_by_default() -> None:
    assert seconds(307, (0, 60, YEAR)) == 0
    assert seconds(308, (0, 60, YEAR)) == 0
    assert seconds(307, (0, 60, YEAR), Cache_Control="max-age=9") == 9
    assert seconds(302, (0, 60, YEAR)) == 60


@pytest.mark.parametrize(
    ("status", "cache_control", "kept"),
    [
        (404, None, 5),
        (404, "no-store", 5),
        (404, "max-age=60", 60),
        (404, "max-age=1", 5),
        (500, None, 10),
        (504, "private, max-age=60", 10),
        (403, None, 0),
        (403, "max-age=60", 60),
        (403, "s-maxage=1", 10),
        (400, "no-store", 0),
        (416, "max-age=60", 0),
        (410, "max-age=60", 0),
        (206, "max-age=60", 0),
    ],
)
def test_errors_have_minimum_times_of_their_own(status: int, cache_control: str | None, kept: int) -> None:
    headers = CIMultiDict({"Cache-Control": cache_control} if cache_control else {})
    assert lifetime(status, headers, Lifetimes(0, 0, YEAR), {404: 5.0}) == kept


def test_caching_disabled_keeps_no_errors_either() -> None:
    assert seconds(404, (0, 0, 0)) == 0


def test_an_expired_answer_may_be_served_unless_its_origin_forbids_it() -> None:
    def stale(value: str) -> bool:
        return may_be_served_stale(CIMultiDict({"Cache-Control": value}), 30)

    assert stale("max-age=60")
    assert stale("max-age=60, stale-if-error=31")
    assert not stale("max-age=60, stale-if-error=29")
    assert not stale("max-age=60, must-revalidate")


def test_the_first_of_several_directives_of_a_name_wins() -> None:
    headers = CIMultiDict([("Cache-Control", "max-age=1"), ("Cache-Control", "Max-Age=2, public")])
    assert cache_control(headers) == {"max-age": "1", "public": ""}
