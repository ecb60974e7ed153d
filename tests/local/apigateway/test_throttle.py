"""The token bucket, with a clock that a test sets."""

from __future__ import annotations

from local.apigateway.throttle import Throttle, read_throttle


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_a_rate() -> None:
    clock = Clock()
    throttle = Throttle(rate=2, burst=3, clock=clock)
    assert [throttle.allows() for _ in range(5)] == [True, True, True, False, False]
    clock.now += 0.5
    assert [throttle.allows() for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [throttle.allows() for _ in range(5)] == [True, True, True, False, False]


def test_only_a_stage_that_sets_limits_has_them() -> None:
    assert read_throttle({}) is None
    throttle = read_throttle({"*/*": {"throttlingRateLimit": "2.5", "throttlingBurstLimit": 3}})
    assert throttle is not None
    assert (throttle.rate, throttle.burst) == (2.5, 3)
