"""Walks the workflow of a deployed stack from outside, steps A to C and 1 to 13, with an original of its own."""

from __future__ import annotations

import io
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from PIL import Image

from operation.questions import Evidence, answer_questions
from operation.viewer import Answer, encode, get

if TYPE_CHECKING:
    from collections.abc import Callable

    from operation.deployed import Deployed

PATIENCE = 60.0
"""Seconds until what happens behind the scenes must have happened; a cold start takes a few."""
HIT_TRIES = 10
"""A location of CloudFront has several caches, each of which has to ask once."""
BOX = "20x10"
SIZE = (40, 20)


@dataclass(frozen=True, slots=True)
class Seen:
    """One step, whether it was seen, and by what."""

    step: str
    what: str
    seen: bool
    how: str = ""


@dataclass(slots=True)
class Walk:
    """A walk through a stack; `edge` is where its images are."""

    stack: Deployed
    edge: str
    tell: Callable[[Seen], None]
    patience: float = PATIENCE
    # All that is awkward in a URL, so that what S3, CloudFront and API Gateway make of it is seen.
    key: str = field(default_factory=lambda: f"smoke/{secrets.token_hex(8)} é+%.png")
    steps: list[Seen] = field(default_factory=list)

    def note(self, step: str, what: str, how: str = "", *, seen: bool) -> None:
        """Keep a step, and tell it."""
        self.steps.append(Seen(step, what, seen, how))
        self.tell(self.steps[-1])

    def get(self, path: str) -> Answer:
        """Ask the edge."""
        return get(self.edge, path)

    def follow(self, path: str) -> Answer:
        """Ask the edge, and once more where it redirects to."""
        answer = self.get(path)
        if answer.status not in (HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT):
            return answer
        return self.get(urlsplit(answer.headers.get("location", "/")).path)

    @property
    def path(self) -> str:
        """Return the path of the derivative."""
        return f"/{BOX}/{encode(self.key)}"

    def upload(self, colour: tuple[int, int, int]) -> str:
        """Put an original of one colour, and return its ETag."""
        body = io.BytesIO()
        Image.new("RGB", SIZE, colour).save(body, "PNG")
        bucket = self.stack.outputs["SourceBucketName"]
        answer = self.stack.client("s3").put_object(
            Bucket=bucket, Key=self.key, Body=body.getvalue(), ContentType="image/png"
        )
        return str(answer["ETag"])

    def head(self, key: str) -> dict[str, Any] | None:
        """Return what the destination bucket knows of an object."""
        bucket = self.stack.outputs["DestinationBucketName"]
        try:
            found: dict[str, Any] = self.stack.client("s3").head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return None
            raise
        return found

    def find_invalidation(self) -> str:
        """Return what became of step 11, or "" if nothing did: among the newest invalidations, or in the budget."""
        client, distribution = self.stack.client("cloudfront"), self.stack.outputs["DistributionId"]
        newest = client.list_invalidations(DistributionId=distribution, MaxItems="20")["InvalidationList"]
        for item in newest.get("Items", []):
            batch = client.get_invalidation(DistributionId=distribution, Id=item["Id"])["Invalidation"]
            if self.path in batch["InvalidationBatch"]["Paths"]["Items"]:
                return f"invalidation {item['Id']}"
        month = datetime.now(UTC).strftime("%Y-%m")
        row = self.stack.client("dynamodb").get_item(
            TableName=self.stack.outputs["TableName"],
            Key={"original": {"S": f"invalidations#{month}"}, "derivative": {"S": "#"}},
        )
        spent, budget = (
            int(row.get("Item", {}).get("paths", {"N": "0"})["N"]),
            self.stack.parameters["InvalidationBudget"],
        )
        return f"skipped: {spent} of {budget} paths are spent" if spent >= int(budget) else ""

    def wait(self, condition: Callable[[], object]) -> float | None:
        """Wait until something is true, and return after how many seconds, or None if it never was."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > self.patience:
                return None
            time.sleep(0.25)
        return time.monotonic() - start


def smoke(walk: Walk) -> bool:
    """Walk, and return whether every step was seen. Raises OSError and ClientError where nothing can be asked."""
    evidence = Evidence(walk.path)
    try:
        _arrive(walk)
        _first_request(walk, evidence)
        _next_requests(walk, evidence)
        _replace(walk, evidence)
    finally:
        walk.stack.client("s3").delete_object(Bucket=walk.stack.outputs["SourceBucketName"], Key=walk.key)
    _remove(walk)
    for question in answer_questions(evidence):
        walk.tell(Seen("?", question.text, seen=True, how=question.answer))
    return all(step.seen for step in walk.steps)


def _arrive(walk: Walk) -> None:
    etag = walk.upload((200, 0, 0))
    walk.note("A", f"an original was put into the source bucket: {walk.key!r}", etag, seen=True)
    seconds = walk.wait(lambda: (walk.head(walk.key) or {}).get("ETag") == etag)
    walk.note("B", "it was announced to the copy function", _describe_wait(seconds), seen=seconds is not None)
    tag = (walk.head(walk.key) or {}).get("Metadata", {}).get("cache-tag", "")
    walk.note("C", "the destination bucket has it, with its cache tag", tag, seen=bool(tag))


def _first_request(walk: Walk, evidence: Evidence) -> None:
    redirect = evidence.redirect = walk.get(walk.path)
    location = redirect.headers.get("location", "")
    walk.note("1", f"the edge answers for {walk.path}", redirect.describe(), seen=True)
    walk.note("3", "it was in no cache, so the website was asked", redirect.cache, seen=redirect.cache != "Hit")
    host = urlsplit(location).netloc
    inside = redirect.status == HTTPStatus.TEMPORARY_REDIRECT and "/resize/" in location
    walk.note("5", "it was not there: a redirect", f"{redirect.status} {location}", seen=inside)
    ours = host == urlsplit(walk.edge).netloc
    walk.note("6", "it leads back to the edge, and is followed", host, seen=inside and ours)
    made = evidence.made = walk.get(urlsplit(location).path if inside else f"/resize{walk.path}")
    timing = made.headers.get("server-timing", "")
    walk.note("7", "API Gateway invoked the resize function", made.describe(), seen=bool(timing))
    for step, what, name in (
        ("8, 9", "it read the original", "fetch"),
        ("10", "it stored the derivative", "store"),
    ):
        walk.note(step, what, timing, seen=f"{name};dur=" in timing)
    stored = walk.head(f"{BOX}/{walk.key}") or {}
    walk.note("10", "it is stored under the key that was asked for", stored.get("ETag", ""), seen=bool(stored))
    how = walk.find_invalidation()
    walk.note("11", "the cached redirect was invalidated, or the month's budget is spent", how, seen=bool(how))
    size = _measure(made.body)
    walk.note("12, 13", f"an image of {BOX} was returned", f"{size}, {made.describe()}", seen=size == (20, 10))


def _next_requests(walk: Walk, evidence: Evidence) -> None:
    stored = evidence.stored = walk.get(walk.path)
    same = stored.status == HTTPStatus.OK and stored.body == evidence.made.body
    walk.note("4", "the second request was answered by the destination bucket", stored.describe(), seen=same)
    answers: list[Answer] = []
    while len(answers) < HIT_TRIES and (not answers or answers[-1].cache != "Hit"):
        answers.append(walk.get(walk.path))
    hit = answers[-1].cache == "Hit" and answers[-1].body == stored.body
    walk.note("2", f"the cache answered, at try {len(answers)}", answers[-1].describe(), seen=hit)
    other = walk.get(f"/resize/10x/{encode(walk.key)}")
    evidence.warm_milliseconds = other.milliseconds
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
    walk.note("C", "a new original: the same URL shows it", _describe_wait(seconds), seen=seconds is not None)
    for _ in range(HIT_TRIES):
        is_new()


def _remove(walk: Walk) -> None:
    seconds = walk.wait(lambda: walk.follow(f"/{encode(walk.key)}").status == HTTPStatus.NOT_FOUND)
    walk.note("C", "the original was removed: not found", _describe_wait(seconds), seen=seconds is not None)
    seconds = walk.wait(lambda: walk.head(f"{BOX}/{walk.key}") is None)
    walk.note("C", "and nothing of it is stored", _describe_wait(seconds), seen=seconds is not None)


def _describe_wait(seconds: float | None) -> str:
    return "not in time" if seconds is None else f"after {seconds:.1f} s"


def _measure(body: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            return image.size
    except OSError:
        return (0, 0)
