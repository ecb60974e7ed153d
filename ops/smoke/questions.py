"""Questions that AWS's documentation leaves open, answered by what the smoke test observed."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ops.smoke.viewer import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

TAG = "x-amz-meta-cache-tag"
PNG = b"\x89PNG\r\n\x1a\n"
"""The first bytes of the derivative, whose original is a PNG."""
NOTHING = Answer(0, {}, b"", 0.0)


@dataclass(slots=True)
class Evidence:
    """The answers of the test: the redirect, the rendered and the stored derivative, a missing one, and to HEAD.

    A stack with Delivery=private has no redirect. None of the requests had an Accept header.
    """

    path: str
    redirect: Answer = NOTHING
    made: Answer = NOTHING
    stored: Answer = NOTHING
    missing: Answer = NOTHING
    warm_milliseconds: float = 0.0
    served: list[tuple[float, bool]] = field(default_factory=list)
    """Seconds since the original was replaced, and whether the new one was served."""
    head: Answer = NOTHING


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and its observed answer."""

    text: str
    answer: str


def answer_questions(evidence: Evidence) -> Iterator[Question]:
    """Yield each question with its answer."""
    yield Question("does the bucket's origin emit the cache tag?", _show_tag(evidence.stored))
    yield Question("does API Gateway pass the cache tag on?", _show_tag(evidence.made))
    if evidence.redirect is not NOTHING:
        yield from _answer_about_redirects(evidence)
    decoded = "the key was found, so it is decoded once in all" if _is_ok(evidence.made) else "the key was NOT found"
    yield Question("does API Gateway pass the path on encoded?", f"{decoded}: {evidence.made.status}")
    yield Question("does API Gateway decode base64 without an Accept header?", _show_body(evidence.made))
    yield Question("which Content-Length does API Gateway send for HEAD?", _show_length(evidence.head))
    yield Question(
        "does an edge cache an answer that was under way while its tag was invalidated?", _show_replacement(evidence)
    )
    yield Question(
        "how long does a cold start take?",
        f"first answer {evidence.made.milliseconds:.0f} ms, next new derivative {evidence.warm_milliseconds:.0f} ms",
    )


def _answer_about_redirects(evidence: Evidence) -> Iterator[Question]:
    location = urlsplit(evidence.redirect.headers.get("location", "")).path
    same = location.split("/", 3)[3:] == evidence.path.split("/", 2)[2:]
    spelled = "exactly as requested" if same else "in another spelling"
    yield Question("how does S3 encode the key in a redirect?", f"{spelled}: requested {evidence.path}, got {location}")
    missing = evidence.missing
    yield Question(
        "which routing rule applies to a missing object?",
        f"{missing.status} {missing.headers.get('location', '')} (403 would mean that listing is denied)",
    )


def _is_ok(answer: Answer) -> bool:
    return answer.status == HTTPStatus.OK


def _show_tag(answer: Answer) -> str:
    return f"{TAG}: {answer.headers[TAG]}" if TAG in answer.headers else "no such header reached the viewer"


def _show_body(answer: Answer) -> str:
    if not _is_ok(answer):
        return f"no image: {answer.status}"
    if answer.body.startswith(PNG):
        return f"yes: a PNG of {len(answer.body):,} bytes"
    is_text = answer.body.startswith(base64.b64encode(PNG)[:8])
    return "NO: the body is base64 text" if is_text else f"unknown: the body begins with {answer.body[:8]!r}"


def _show_length(answer: Answer) -> str:
    return f"{answer.status}, Content-Length: {answer.headers.get('content-length', 'none')}"


def _show_replacement(evidence: Evidence) -> str:
    first = next((seconds for seconds, fresh in evidence.served if fresh), None)
    if first is None:
        return "the new original was never served"
    late = sum(1 for seconds, fresh in evidence.served if seconds > first and not fresh)
    asked = sum(1 for seconds, _ in evidence.served if seconds > first)
    return f"new after {first:.1f} s; of {asked} answers after that {late} were old"
