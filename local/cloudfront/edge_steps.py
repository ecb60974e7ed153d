"""Reports the workflow's steps that the edge observes; the origin of an answer determines their numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from local.steps import Observer, Step

if TYPE_CHECKING:
    from local.cloudfront.behaviour import Kind
    from local.exchange import Answer, ViewerRequest

_ARRIVED: Final = {"website": "1", "bucket": "1", "api": "6"}
_ASKED: Final = {"website": "3", "bucket": "3"}
_NAMES: Final = {
    "website": "the destination bucket's website",
    "bucket": "the destination bucket",
    "api": "API Gateway",
    "other": "the origin",
}
_LONGEST: Final = 200
"""Characters of a path that a line shows."""


@dataclass(slots=True)
class StepReporter:
    """Reports the steps of one request; `kind` is that of its behaviour's origin, or of the one that was asked last."""

    observe: Observer
    kind: Kind
    request: ViewerRequest
    id: str = ""
    """The edge's id of the request, sent as `X-Amz-Cf-Id`."""
    started: float = field(default_factory=time.perf_counter)

    def report_arrival(self) -> None:
        """Report a viewer's request: the first one (1), or the one after the redirect (6)."""
        what = "redirect followed:" if self.kind == "api" else f"{self.request.method}"
        self._report(_ARRIVED.get(self.kind, ""), f"{what} {_short(self.request.path)}", 0.0)

    def report_hit(self, answer: Answer, age: float, x_cache: str) -> None:
        """Report an answer from the cache (2)."""
        self._report("2", f"hit at the edge: {_summary(answer)}, {age:.0f} s old", self.elapsed(), answer, x_cache)

    def report_forwarding(self) -> None:
        """Report a request to API Gateway (7) before the steps of the function."""
        if self.kind == "api":
            self._report("7", "not cached at the edge: request to API Gateway", 0.0)

    def report_failover(self, second: Kind, answer: Answer, seconds: float) -> None:
        """Report that the bucket has nothing (3, 5), and that the second origin of the group is asked."""
        what = f"miss; {_NAMES[self.kind]} returned {_summary(answer)}"
        self._report(_ASKED.get(self.kind, ""), what, seconds * 1000, answer)
        number = "5" if (self.kind, second) == ("bucket", "api") else ""
        self._report(number, f"not in {_NAMES[self.kind]}: {_NAMES[second]} is asked instead", seconds * 1000, answer)
        self.kind = second
        self.report_forwarding()

    def report_origin(self, answer: Answer, seconds: float, x_cache: str) -> None:
        """Report an origin's answer: 3 and 4 or 5 for the bucket; errors and redirects for API Gateway."""
        if self.kind == "api" and answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return  # `report_delivery` reports it
        milliseconds = seconds * 1000
        state = "expired" if x_cache.startswith("RefreshHit") else "miss"
        what = f"{state}; {_NAMES[self.kind]} returned {_summary(answer)}"
        self._report(_ASKED.get(self.kind, ""), what, milliseconds, answer, x_cache)
        if self.kind not in _ASKED:
            return
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST and "Location" in answer.headers:
            self._report(
                "5", f"not in the destination bucket: redirect, {_summary(answer)}", milliseconds, answer, x_cache
            )
        elif answer.status < HTTPStatus.BAD_REQUEST:
            self._report("4", f"found in the destination bucket: {_summary(answer)}", milliseconds, answer, x_cache)

    def report_delivery(self, answer: Answer, x_cache: str) -> None:
        """Report that API Gateway's image was returned to the user (13)."""
        if self.kind == "api" and answer.status < HTTPStatus.MULTIPLE_CHOICES:
            self._report("13", f"returned to the user: {_summary(answer)}", self.elapsed(), answer, x_cache)

    def elapsed(self) -> float:
        """Return the milliseconds since the request arrived."""
        return (time.perf_counter() - self.started) * 1000

    def _report(
        self, number: str, what: str, milliseconds: float, answer: Answer | None = None, x_cache: str = ""
    ) -> None:
        details: dict[str, object] = {"method": self.request.method, "path": self.request.path, "edge_id": self.id}
        if answer is not None:
            details |= {
                "status": answer.status,
                "location": answer.headers.get("Location"),
                "request_id": answer.headers.get("x-amzn-RequestId"),
                "content_type": answer.headers.get("Content-Type"),
                "bytes": len(answer.body),
                "x_cache": x_cache,
            }
        self.observe(Step(number, what, milliseconds, details))


def _summary(answer: Answer) -> str:
    """Return `307 -> /path`, or `200 image/jpeg, 12,345 bytes`."""
    location = answer.headers.get("Location")
    if location is not None:
        _, _, path = location.partition("://")
        return f"{answer.status} -> {_short(path.partition('/')[1] + path.partition('/')[2] if path else location)}"
    return f"{answer.status} {answer.headers.get('Content-Type', '')}".rstrip() + f", {len(answer.body):,} bytes"


def _short(path: str) -> str:
    return path if len(path) <= _LONGEST else f"{path[:_LONGEST]}..."
