"""The steps of the workflow, A to C and 1 to 13, as the smoke test goes through them."""

from __future__ import annotations

import io
import secrets
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from PIL import Image

from ops.smoke.questions import Evidence, answer_questions
from ops.smoke.request import BOX, choose_transform, read_signing_key, sign
from ops.smoke.viewer import encode
from ops.smoke.walk import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.smoke.viewer import Answer
    from ops.smoke.walk import Walk

HIT_TRIES = 10
"""A location of CloudFront has several caches, each of which has to miss once."""
NOTHING = (0, 0)
"""The size of a body that is not an image."""


def smoke(walk: Walk) -> bool:
    """Go through the workflow, and return whether every step passed.

    Raises OSError and ClientError where there is no answer, and CommandFailed where the stack allows no derivative.
    """
    chosen, secret = choose_transform(walk.stack), read_signing_key(walk.stack)
    walk.transform = sign(chosen, walk.key, secret)
    evidence = Evidence(walk.path)
    try:
        _upload(walk)
        _first_request(walk, evidence)
        _next_requests(walk, evidence, lambda version: sign(f"{chosen},v={version}", walk.key, secret))
        _replace(walk, evidence)
    finally:
        walk.stack.client("s3").delete_object(Bucket=walk.stack.output("SourceBucketName"), Key=walk.key)
    _remove(walk)
    for question in answer_questions(evidence):
        walk.report(Step("?", question.text, passed=True, evidence=question.answer))
    return all(step.passed for step in walk.steps)


def _upload(walk: Walk) -> None:
    etag = walk.upload((200, 0, 0))
    walk.note("A", f"an original was uploaded to the source bucket: {walk.key!r}", etag, passed=True)
    seconds = walk.wait(lambda: (walk.head(walk.key) or {}).get("ETag") == etag)
    walk.note("B", "the copy function was notified", _describe_wait(seconds), passed=seconds is not None)
    tag = (walk.head(walk.key) or {}).get("Metadata", {}).get("cache-tag", "")
    walk.note("C", "it was copied to the destination bucket, with its cache tag", tag, passed=bool(tag))


def _first_request(walk: Walk, evidence: Evidence) -> None:
    if walk.stack.parameters.get("Delivery") == "private":
        _first_private_request(walk, evidence)
        return
    redirect = evidence.redirect = walk.get(walk.path)
    location = redirect.headers.get("location", "")
    walk.note("1", f"the edge answers {walk.path}", redirect.describe(), passed=True)
    walk.note("3", "cache miss, forwarded to the website", redirect.cache, passed=redirect.cache != "Hit")
    host = urlsplit(location).netloc
    inside = redirect.status == HTTPStatus.TEMPORARY_REDIRECT and "/resize/" in location
    walk.note("5", "not stored yet: a redirect", f"{redirect.status} {location}", passed=inside)
    ours = host == urlsplit(walk.edge).netloc
    walk.note("6", "the redirect leads back to the edge, and is followed", host, passed=inside and ours)
    made = evidence.made = walk.get(urlsplit(location).path if inside else f"/resize{walk.path}")
    if inside:  # in its canonical spelling, with presets written out and on its rung of the ladder
        walk.transform = unquote(urlsplit(location).path.split("/")[2])
    stored = _note_render(walk, made)
    walk.note("10", "it is stored under the requested key", stored.get("ETag", ""), passed=bool(stored))
    invalidation = walk.find_invalidation()
    walk.note(
        "11",
        "the cached redirect was invalidated, or the month's budget is used up",
        invalidation,
        passed=bool(invalidation),
    )
    _note_image(walk, made)


def _first_private_request(walk: Walk, evidence: Evidence) -> None:
    """Go through the first request of Delivery=private: the edge asks the bucket, then the API, and answers."""
    made = evidence.made = walk.get(walk.path)
    walk.note("1", f"the edge answers {walk.path}", made.describe(), passed=True)
    walk.note("3", "cache miss, forwarded to the bucket", made.cache, passed=made.cache != "Hit")
    direct = made.status == HTTPStatus.OK and "location" not in made.headers
    walk.transform = walk.find_transform()
    walk.note("5", "not stored yet: the edge asks the API itself", made.describe(), passed=direct)
    seconds = walk.wait(lambda: walk.head(f"{walk.transform}/{walk.key}"))
    _note_render(walk, made)
    walk.note("10", "it is stored under its key", _describe_wait(seconds), passed=seconds is not None)
    _note_image(walk, made)


def _note_render(walk: Walk, made: Answer) -> dict[str, Any]:
    """Note steps 7 to 9 and the beginning of 10; return S3's description of the stored derivative."""
    timing = made.headers.get("server-timing", "")
    walk.note("7", "API Gateway invoked the resize function", made.describe(), passed=bool(timing))
    for step, what, name in (
        ("8, 9", "it read the original", "fetch"),
        ("10", "it stored the derivative", "store"),
    ):
        walk.note(step, what, timing, passed=f"{name};dur=" in timing)
    return walk.head(f"{walk.transform}/{walk.key}") or {}


def _note_image(walk: Walk, made: Answer) -> None:
    size = _measure(made.body)
    right = size == (20, 10) if walk.transform.split(",")[0] == BOX else size != NOTHING
    walk.note("12, 13", f"an image of {walk.transform} was returned", f"{size}, {made.describe()}", passed=right)


def _next_requests(walk: Walk, evidence: Evidence, version: Callable[[str], str]) -> None:
    stored = evidence.stored = walk.get(walk.path)
    same = stored.status == HTTPStatus.OK and stored.body == evidence.made.body
    is_private = walk.stack.parameters.get("Delivery") == "private"
    where = "the cache, or the destination bucket" if is_private else "the destination bucket"
    walk.note("4", f"the second request was answered by {where}", stored.describe(), passed=same)
    answers: list[Answer] = []
    while len(answers) < HIT_TRIES and (not answers or answers[-1].cache != "Hit"):
        answers.append(walk.get(walk.path))
    hit = answers[-1].cache == "Hit" and answers[-1].body == stored.body
    walk.note("2", f"cache hit at attempt {len(answers)}", answers[-1].describe(), passed=hit)
    warm, head = (f"/resize/{encode(version(name))}/{encode(walk.key)}" for name in ("warm", "head"))
    evidence.warm_milliseconds = walk.get(warm).milliseconds
    evidence.head = walk.get(head, "HEAD")  # of its own, because an edge answers HEAD from what it has for GET
    evidence.missing = walk.get(f"/{BOX}/smoke/{secrets.token_hex(8)}.png")


def _replace(walk: Walk, evidence: Evidence) -> None:
    old = evidence.stored.body
    walk.upload((0, 0, 200))
    start = time.monotonic()

    def is_new() -> bool:
        answer = walk.follow(walk.path)
        fresh = answer.status == HTTPStatus.OK and answer.body != old
        evidence.served.append((time.monotonic() - start, fresh))
        return fresh

    seconds = walk.wait(is_new)
    walk.note(
        "C", "after a new upload the same URL shows the new image", _describe_wait(seconds), passed=seconds is not None
    )
    for _ in range(HIT_TRIES):
        is_new()


def _remove(walk: Walk) -> None:
    seconds = walk.wait(lambda: walk.follow(f"/{encode(walk.key)}").status == HTTPStatus.NOT_FOUND)
    walk.note("C", "after a deletion the URL is not found", _describe_wait(seconds), passed=seconds is not None)
    seconds = walk.wait(lambda: walk.head(f"{walk.transform}/{walk.key}") is None)
    walk.note("C", "and no derivative is stored", _describe_wait(seconds), passed=seconds is not None)


def _describe_wait(seconds: float | None) -> str:
    return "not in time" if seconds is None else f"after {seconds:.1f} s"


def _measure(body: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            return image.size
    except OSError:
        return NOTHING
