"""The model's calls are those that the functions make against an AWS in memory, counted where botocore sends them."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

import botocore.client
import pytest

from cloud import clock, telemetry
from lab.costs.events import (
    CHANGED_ORIGINAL,
    COUNTED_INVALIDATION,
    EXPIRED_VERSION,
    FIRST_HIT,
    INSPECTED_DERIVATIVE,
    INSPECTED_ORIGINAL,
    NEW_ORIGINAL,
    PIECE,
    RECONCILIATION,
    WATERMARK,
    Calls,
    change,
)
from resizer import app
from world import SAMPLES, World, sample_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENT_BYTES = 26
"""CloudWatch Logs adds these to each line: https://aws.amazon.com/cloudwatch/pricing/"""
PLATFORM_BYTES = 450
"""What Lambda's START, END and REPORT lines take, with their 26 bytes each."""
PHOTOGRAPH = (SAMPLES / "hubble.jpg").read_bytes()
OTHER = (SAMPLES / "seeding.jpg").read_bytes()
LOGO = "watermarks/logo.jpg"
KINDS = {
    "GetObject": "s3_reads",
    "HeadObject": "s3_reads",
    "PutObject": "s3_writes",
    "CopyObject": "s3_writes",
    "ListObjectVersions": "s3_writes",
    "ListObjectsV2": "s3_writes",
    "DeleteObject": "free",
    "PutItem": "dynamodb_writes",
    "UpdateItem": "dynamodb_writes",
    "DeleteItem": "dynamodb_writes",
    "Query": "dynamodb_reads",
    "GetItem": "dynamodb_reads",
    "Scan": "dynamodb_reads",
    "SendMessage": "messages",
    "ReceiveMessage": "the test's own",
}


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    calls: Counter[str] = Counter()
    client: Any = botocore.client.BaseClient
    send = client._make_api_call

    def count(self: Any, operation: str, arguments: Any) -> Any:
        if "//127.0.0.1:" in self.meta.endpoint_url:  # a poller of a local stack that has just stopped
            return send(self, operation, arguments)
        if operation == "CreateInvalidation":
            calls["paths"] += arguments["InvalidationBatch"]["Paths"]["Quantity"]
        else:
            calls[KINDS[operation]] += 1
        return send(self, operation, arguments)

    with monkeypatch.context() as patch:
        patch.setattr(client, "_make_api_call", count)
        yield calls


def billed(calls: Calls) -> dict[str, float]:
    names = ("s3_reads", "s3_writes", "dynamodb_writes", "dynamodb_reads", "messages", "paths")
    return {name: getattr(calls, name) for name in names if getattr(calls, name)}


def without_free(calls: Counter[str]) -> dict[str, float]:
    return {name: count for name, count in calls.items() if name != "free"}


@pytest.mark.parametrize("budget", [0, 500])
def test_a_first_hit_calls_what_the_model_says(world: World, monkeypatch: pytest.MonkeyPatch, budget: int) -> None:
    world.upload("a.jpg", PHOTOGRAPH, ContentType="image/jpeg")
    world.converge("a.jpg")
    monkeypatch.setenv("INVALIDATION_BUDGET", str(budget))
    monkeypatch.setattr(app, "settings", type(app.settings).from_environment())
    with counted(monkeypatch) as calls:
        assert world.get("/resize/90x60/a.jpg")["statusCode"] == 200
    expected = FIRST_HIT + (COUNTED_INVALIDATION + Calls(paths=1)) * (budget > 0)
    assert without_free(calls) == billed(expected)


def test_a_new_original_calls_what_the_model_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.upload("a.jpg", PHOTOGRAPH, ContentType="image/jpeg")
    with counted(monkeypatch) as calls:
        world.converge("a.jpg")
    calls["messages"] += 1  # S3's own
    assert without_free(calls) == billed(NEW_ORIGINAL)


def test_an_original_without_a_content_type_costs_one_more_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.upload("a.jpg", PHOTOGRAPH)
    with counted(monkeypatch) as calls:
        world.converge("a.jpg")
    calls["messages"] += 1  # as above
    assert without_free(calls) == billed(NEW_ORIGINAL + Calls(s3_reads=1))


def converge_until_settled(world: World, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Make the three passes over a changed original, each a settling time after the one before."""
    begun = clock.now()
    for seconds in (0, 241, 482):
        monkeypatch.setattr("cloud.clock.now", lambda seconds=seconds: begun + seconds * 1000)
        world.converge(key)


def test_a_changed_original_calls_what_the_model_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = ("90x60", "90x60,f=webp", "60x")
    world.upload("a.jpg", PHOTOGRAPH, ContentType="image/jpeg")
    world.converge("a.jpg")
    for transform in variants:
        world.get(f"/resize/{transform}/a.jpg")
    world.upload("a.jpg", OTHER, ContentType="image/jpeg")
    with counted(monkeypatch) as calls:
        converge_until_settled(world, monkeypatch, "a.jpg")
    calls["messages"] += 1  # S3's own; the others are the function's
    assert without_free(calls) == billed(change(len(variants)))
    with counted(monkeypatch) as calls:
        world.converge("a.jpg")
    calls["messages"] += 1  # S3's own, as for a version that expired
    assert without_free(calls) == billed(EXPIRED_VERSION), "the third pass was the last one"


def test_a_reconciliation_calls_what_the_model_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("a.jpg", "b.jpg"):
        world.upload(key, PHOTOGRAPH, ContentType="image/jpeg")
        world.converge(key)
    for transform in ("90x60", "60x"):
        world.get(f"/resize/{transform}/a.jpg")
    with counted(monkeypatch) as calls:
        world.invoke("copy", "copy-reconcile")
        (message,) = world.sqs.receive_message(QueueUrl=world.queue_url)["Messages"]
        world.invoke("copy", {"Records": [sample_event("copy-reconcile")["Records"][0] | {"body": message["Body"]}]})
    del calls["the test's own"]
    calls["messages"] += 1  # the schedule's
    assert without_free(calls) == billed(RECONCILIATION + PIECE + INSPECTED_ORIGINAL * 2 + INSPECTED_DERIVATIVE * 2)


def test_a_watermark_adds_to_a_first_hit_what_the_model_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("a.jpg", LOGO):
        world.upload(key, PHOTOGRAPH, ContentType="image/jpeg")
        world.converge(key)
    with counted(monkeypatch) as calls:
        assert world.get("/resize/90x60,wm=logo.jpg/a.jpg")["statusCode"] == 200
    assert without_free(calls) == billed(FIRST_HIT + WATERMARK + COUNTED_INVALIDATION + Calls(paths=1))


@pytest.mark.parametrize("changed", ["a.jpg", LOGO])
def test_a_change_of_either_original_of_watermarked_derivatives_calls_what_the_model_says(
    world: World, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    for key in ("a.jpg", LOGO):
        world.upload(key, PHOTOGRAPH, ContentType="image/jpeg")
        world.converge(key)
    for transform in ("90x60,wm=logo.jpg", "60x,wm=logo.jpg"):
        world.get(f"/resize/{transform}/a.jpg")
    world.upload(changed, OTHER, ContentType="image/jpeg")
    with counted(monkeypatch) as calls:
        converge_until_settled(world, monkeypatch, changed)
    calls["messages"] += 1  # S3's own
    assert without_free(calls) == billed(change(2, watermarked=2))


def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], int]:
    """Return a function that returns the bytes of logs, EMF lines among them, since it was called last."""
    stream = StringIO()
    for handler in telemetry.logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)

    def measure() -> int:
        text = stream.getvalue() + capsys.readouterr().out
        stream.seek(0)
        stream.truncate()
        return len(text) + EVENT_BYTES * text.count("\n") + PLATFORM_BYTES

    return measure


def test_the_logs_of_an_event_are_about_as_long_as_the_model_says(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measure = lines(monkeypatch, capsys)
    key = "photographs/2026/a-cat-on-a-roof.jpg"
    world.upload(key, PHOTOGRAPH, ContentType="image/jpeg")
    measure()
    world.converge(key)
    new = measure()
    world.get(f"/resize/300x200,f=webp/{key}")
    first = measure()
    world.upload(key, OTHER, ContentType="image/jpeg")
    converge_until_settled(world, monkeypatch, key)
    changed = measure()
    assert first == pytest.approx(FIRST_HIT.log_bytes, rel=0.2)
    assert new == pytest.approx(NEW_ORIGINAL.log_bytes, rel=0.2)
    assert changed == pytest.approx(CHANGED_ORIGINAL.log_bytes, rel=0.2)
