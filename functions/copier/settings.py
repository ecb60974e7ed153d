"""The copy function's settings, read from its environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cloud.environment import read_number
from cloud.queue import LONGEST_DELAY


@dataclass(frozen=True, slots=True)
class Settings:
    """Names of resources, and times in seconds."""

    source_bucket: str
    destination_bucket: str
    table: str
    distribution: str
    queue_url: str
    browser_ttl: int
    edge_ttl: int
    published_metadata: frozenset[str]
    """Names of the user metadata of originals that their copies keep, and viewers see."""
    settle_seconds: int
    """How long after a change a response made from the old original may still be in progress."""

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the settings. Raises KeyError or ValueError, which stops the function from starting."""
        return cls(
            source_bucket=os.environ["SOURCE_BUCKET"],
            destination_bucket=os.environ["DESTINATION_BUCKET"],
            table=os.environ["TABLE_NAME"],
            distribution=os.environ["DISTRIBUTION_ID"],
            queue_url=os.environ["QUEUE_URL"],
            browser_ttl=read_number("BROWSER_TTL_SECONDS"),
            edge_ttl=read_number("EDGE_TTL_SECONDS"),
            published_metadata=frozenset(filter(None, os.environ["PUBLISHED_METADATA"].split(","))),
            settle_seconds=read_number("SETTLE_SECONDS", most=LONGEST_DELAY),
        )
