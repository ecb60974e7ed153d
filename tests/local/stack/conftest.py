"""One stack for all tests of this folder: their keys are their own, and none changes or counts what is common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.stack import StackOptions

from ..running import Running, start

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package", params=["redirect", "private"])
def stack(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A stack of each delivery, whose later passes come after two seconds each, instead of four minutes.

    Its budget lasts for all tests. It ends with this folder: sockets are blocked in most tests of other folders, and it
    could not go on.
    """
    parameters = {
        "InvalidationBudget": "100000",
        "Delivery": request.param,
        "FallbackKey": "fallback/missing.png",  # which only its own test uploads
        "PublishedMetadata": "photographer",
    }
    options = StackOptions(parameters=parameters, environment={"copy": {"SETTLE_SECONDS": "2"}})
    running, stop = start(options)
    try:
        yield running
    finally:
        stop()
