"""API Gateway's throttling: a token bucket with a rate and a burst.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Throttle:
    """One bucket for all requests of a stage; `rate` is in requests a second, `burst` in requests."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with a full bucket; `clock` is in seconds."""
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled = clock()

    def allows(self) -> bool:
        """Take a token for a request; return False if there is none."""
        now = self._clock()
        self._tokens = min(self.burst, self._tokens + (now - self._filled) * self.rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def read_throttle(settings: Mapping[str, Any]) -> Throttle | None:
    """Read the limits for all methods from a stage's `methodSettings`; None if it has none."""
    entry = settings.get("*/*", {})
    if "throttlingRateLimit" not in entry or "throttlingBurstLimit" not in entry:
        return None
    return Throttle(float(entry["throttlingRateLimit"]), float(entry["throttlingBurstLimit"]))
