"""What the clients saw: how many requests failed, with what, and how old the images were that they got."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = ("edge", "website", "api")
"""Who may have given an answer: the edge what it had kept, the website what is stored, or the API."""
KEPT: Final = 20
"""Findings that are kept in words."""
UNANSWERED: Final = 0
"""The status of a request whose connection broke."""


def is_failure(status: int) -> bool:
    """Tell whether a status is neither an image's nor that of one which is not there."""
    return status == UNANSWERED or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def failures(answers: Counter[tuple[str, int]]) -> Counter[tuple[str, int]]:
    """Return those of the answers, by who gave them and status, that failed."""
    return Counter({each: number for each, number in answers.items() if is_failure(each[1])})


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
        return is_failure(self.status)

    @property
    def source(self) -> str:
        """Who gave it: one of `SOURCES`."""
        if "Hit" in self.headers.get("x-cache", ""):
            return "edge"
        return "api" if self.path.startswith("/resize/") else "website"


@dataclass(slots=True)
class Tally:
    """Counts, and findings: each of them is a fault of the service."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By who gave them and the status."""
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
        self.answers[answer.source, answer.status] += 1
        if not answer.failed:
            return
        if "x-amzn-requestid" in answer.headers:
            self._look_at_refusal(answer)
        if "age" in answer.headers:
            self.find(f"a cached failure: {answer.status} {answer.path}")

    def _look_at_refusal(self, answer: Answer) -> None:
        """Look at what API Gateway says, with or without a function behind it; the edge's own pages are its own."""
        if answer.headers.get("cache-control") != "no-store":
            self.find(f"{answer.status} without no-store: {answer.path}")
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" not in answer.headers:
            self.find(f"503 without Retry-After: {answer.path}")
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.find(f"a bug, not an error of AWS: {answer.path} {answer.body[:200]!r}")
