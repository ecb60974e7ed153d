"""Statistics of the clients' requests: failures by source and status, and the age of the oldest image."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = ("edge", "website", "api")
"""Sources of an answer: the edge's cache, the website (stored images), or the API (new images)."""
MAX_FINDINGS: Final = 20
"""The most findings that are kept."""
NO_RESPONSE: Final = 0
"""The status of a request whose connection broke."""


def is_failure(status: int) -> bool:
    """Return whether a status is neither that of an image nor that of a missing one."""
    return status == NO_RESPONSE or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def failures(answers: Counter[tuple[str, int]]) -> Counter[tuple[str, int]]:
    """Return the failed answers, by source and status."""
    return Counter({each: number for each, number in answers.items() if is_failure(each[1])})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request after its redirects; header names are in lower case, times are monotonic."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: float
    received: float

    @property
    def failed(self) -> bool:
        """Whether the client got neither an image nor a 404."""
        return is_failure(self.status)

    @property
    def source(self) -> str:
        """Its source, one of `SOURCES`."""
        if "Hit" in self.headers.get("x-cache", ""):
            return "edge"
        # Without a redirect (Delivery=private) the path is the same, but only API Gateway numbers its requests.
        is_new = self.path.startswith("/resize/") or "x-amzn-requestid" in self.headers
        return "api" if is_new else "website"


@dataclass(slots=True)
class Tally:
    """Counts of answers, and findings: faults of the service."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Answers by source and status."""
    findings: list[str] = field(default_factory=list)
    oldest: float = 0.0
    """Age of the oldest image that a client got: seconds between its replacement and the request."""

    def add_finding(self, what: str) -> None:
        """Add a finding; only the first ones are kept."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(what)

    def count(self, answer: Answer) -> None:
        """Count an answer, and check that a failed one was not and will not be cached."""
        self.answers[answer.source, answer.status] += 1
        if not answer.failed:
            return
        if "x-amzn-requestid" in answer.headers:
            self._check_headers(answer)
        if "age" in answer.headers:
            self.add_finding(f"a cached failure: {answer.status} {answer.path}")

    def _check_headers(self, answer: Answer) -> None:
        """Check the headers of a failure of API Gateway or the function; the edge's error pages are not checked."""
        if answer.headers.get("cache-control") != "no-store":
            self.add_finding(f"{answer.status} without no-store: {answer.path}")
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" not in answer.headers:
            self.add_finding(f"503 without Retry-After: {answer.path}")
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.add_finding(f"a bug, not an error of AWS: {answer.path} {answer.body[:200]!r}")
