"""An outage: for a while one service of AWS answers nobody, however often it is asked."""

from __future__ import annotations

import math
import random
import time
from enum import Enum
from typing import TYPE_CHECKING, Final

from lab.chaos.faults import Fault
from local.wiring import Connection

if TYPE_CHECKING:
    from collections.abc import Mapping


class Service(Enum):
    """A service that may be out."""

    S3 = "s3"
    DYNAMODB = "dynamodb"
    CLOUDFRONT = "cloudfront"
    SQS = "sqs"


FAULTS: Final = {Fault.ERROR: 40, Fault.SLOW_DOWN: 30, Fault.RESET_BEFORE: 20, Fault.STALL_BEFORE: 10}
"""What a caller meets while a service is out, in percent; no call takes effect."""


def service_of(way: Connection, headers: Mapping[str, str]) -> Service:
    """Return which service a request is for; the website is S3's, and CloudFront is what purges, not what serves."""
    if way is Connection.TO_CLOUDFRONT:
        return Service.CLOUDFRONT
    target = headers.get("X-Amz-Target", "")
    if target.startswith("DynamoDB"):
        return Service.DYNAMODB
    return Service.SQS if target.startswith("AmazonSQS") else Service.S3


class Outage:
    """Which service is out, and since when. A run has one outage at most."""

    def __init__(self, seed: str) -> None:
        """Let everything work."""
        self._service: Service | None = None
        self._began = self._ended = math.inf
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing

    def begin(self, service: Service) -> None:
        """Let a service be out from now on."""
        self._service, self._began = service, time.time()

    def end(self) -> None:
        """Let it work again."""
        self._ended = time.time()

    def covers(self, service: Service, moment: float) -> bool:
        """Tell whether a service was out at a moment (`time.time()`)."""
        return service is self._service and self._began <= moment < self._ended

    def draw(self, service: Service) -> Fault | None:
        """Return what becomes of a call to a service now: None where that is not out."""
        if not self.covers(service, time.time()):
            return None
        return self._random.choices(list(FAULTS), list(FAULTS.values()))[0]
