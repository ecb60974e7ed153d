"""An outage: for some time, every call to one AWS service fails."""

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
    """A service that can fail."""

    S3 = "s3"
    DYNAMODB = "dynamodb"
    CLOUDFRONT = "cloudfront"
    SQS = "sqs"


FAULTS: Final = {Fault.ERROR: 40, Fault.SLOW_DOWN: 30, Fault.RESET_BEFORE: 20, Fault.STALL_BEFORE: 10}
"""Faults during an outage, in percent; no call takes effect."""


def service_of(connection: Connection, headers: Mapping[str, str]) -> Service:
    """Return the service of a request. The website belongs to S3; CloudFront is only the API for invalidations."""
    if connection is Connection.TO_CLOUDFRONT:
        return Service.CLOUDFRONT
    target = headers.get("X-Amz-Target", "")
    if target.startswith("DynamoDB"):
        return Service.DYNAMODB
    return Service.SQS if target.startswith("AmazonSQS") else Service.S3


class Outage:
    """The service that fails, and the time of its outage. A run has at most one outage."""

    def __init__(self, seed: str) -> None:
        """Create an outage that has not begun."""
        self._service: Service | None = None
        self._began = self._ended = math.inf
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing

    def begin(self, service: Service) -> None:
        """Let every call to a service fail from now on."""
        self._service, self._began = service, time.time()

    def end(self) -> None:
        """Let calls succeed again."""
        self._ended = time.time()

    def covers(self, service: Service, moment: float) -> bool:
        """Return whether a service failed at a moment (`time.time()`)."""
        return service is self._service and self._began <= moment < self._ended

    def draw(self, service: Service) -> Fault | None:
        """Return the fault of a call to a service now, or None outside its outage."""
        if not self.covers(service, time.time()):
            return None
        return self._random.choices(list(FAULTS), list(FAULTS.values()))[0]
