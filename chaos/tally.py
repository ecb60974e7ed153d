"""What the clients saw: how many requests failed, with what, and how old the images were that they got."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT: Final = 20
"""Findings that are kept in words."""
UNANSWERED: Final = 0
"""The status of a request whose connection broke."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer of a request, its redirects followed; header names are in lower case, times are monotonic."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    asked: float
    answered: float

    @property
    def failed(self) -> bool:
        """Whether the client got neither an image nor a true "there is none"."""
        return self.status == UNANSWERED or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def from_api(self) -> bool:
        """Whether API Gateway gave it, and not the website."""
        return self.path.startswith("/resize/")


@dataclass(slots=True)
class Tally:
    """Counts, and findings: each of them is a fault of the service."""

    requests: int = 0
    failed: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By who failed ("website" or "api") and the status."""
    findings: list[str] = field(default_factory=list)
    found: int = 0
    oldest: float = 0.0
    """Seconds: how long before it was asked for an original had been replaced that somebody still got."""

    def find(self, what: str) -> None:
        """Keep a finding."""
        self.found += 1
        if len(self.findings) < KEPT:
            self.findings.append(what)

    def count(self, answer: Answer) -> None:
        """Count an answer, and look at whether a failed one says that nobody shall keep it."""
        self.requests += 1
        if not answer.failed:
            return
        self.failed["api" if answer.from_api else "website", answer.status] += 1
        if "x-amzn-requestid" in answer.headers:
            self._look_at_refusal(answer)
        if "age" in answer.headers:
            self.find(f"a failure that was cached: {answer.status} {answer.path}")

    def _look_at_refusal(self, answer: Answer) -> None:
        """Look at what API Gateway says, with or without a function behind it; the edge's own pages are its own."""
        if answer.headers.get("cache-control") != "no-store":
            self.find(f"{answer.status} without no-store: {answer.path}")
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" not in answer.headers:
            self.find(f"503 without Retry-After: {answer.path}")
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.find(f"a bug, and no fault of AWS's: {answer.path} {answer.body[:200]!r}")
