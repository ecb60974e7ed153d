"""The age of an answer at the time of its request."""

from __future__ import annotations

from lab.chaos.history import ABSENT, History


def changed(*changes: tuple[int | None, float, float]) -> History:
    history = History()
    for version, begun, complete in changes:
        history.begin(version, begun)
        history.complete(complete)
    return history


def test_a_version_that_was_current_after_the_request_has_age_0() -> None:
    history = changed((0, 10, 12), (1, 20, 22))
    assert history.age(0, sent=21, received=30) == 0
    assert history.age(1, sent=15, received=20) == 0
    assert history.age(ABSENT, sent=11, received=30) == 0


def test_the_age_counts_from_when_the_change_was_complete() -> None:
    history = changed((0, 10, 12), (1, 20, 22))
    assert history.age(0, sent=25, received=26) == 3
    assert history.age(ABSENT, sent=25, received=26) == 13


def test_a_version_that_came_back_counts_from_its_last_end() -> None:
    history = changed((0, 10, 12), (1, 20, 22), (0, 30, 32), (2, 40, 42))
    assert history.age(0, sent=45, received=46) == 3
    assert history.age(0, sent=25, received=26) == 3


def test_a_version_that_never_existed_or_is_in_the_future_has_no_age() -> None:
    history = changed((0, 10, 12), (1, 20, 22))
    assert history.age(7, sent=25, received=26) is None
    assert history.age(1, sent=15, received=19) is None


def test_during_a_deletion_both_states_have_age_0() -> None:
    history = changed((0, 10, 12))
    history.begin(ABSENT, 20)
    assert history.age(0, sent=30, received=31) == 0
    assert history.age(ABSENT, sent=30, received=31) == 0
    history.complete(40)
    assert history.current is ABSENT
    assert history.age(0, sent=50, received=51) == 10
