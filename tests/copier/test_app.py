"""The copy function against sample events and an AWS in memory."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloud import objects, telemetry
from cloud.edge import invalidate_originals
from cloud.table import leases
from copier import app, batch, convergence, settings
from copier.notification import MalformedEvent
from world import DESTINATION, SAMPLES, SOURCE, TABLE, World, emitted, pass_time, sample_event

AWKWARD = "été/a b+c 100%.jpg"
SUCCESS: dict[str, list[Any]] = {"batchItemFailures": []}
COFFEE = (SAMPLES / "coffee.png").read_bytes()


def tag(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def head(world: World, key: str) -> dict[str, Any]:
    answer: dict[str, Any] = world.s3.head_object(Bucket=DESTINATION, Key=key)
    return answer


def publish(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let copies keep user metadata with these names."""
    monkeypatch.setattr(app, "settings", replace(app.settings, published_metadata=frozenset(names)))


def test_a_created_original_is_copied_with_its_type(world: World) -> None:
    world.upload("seeding.jpg", b"photograph", ContentType="image/jpeg")
    assert world.invoke("copy", "copy-object-created") == SUCCESS
    copied = head(world, "seeding.jpg")
    assert copied["ContentType"] == "image/jpeg"
    assert copied["Metadata"]["cache-tag"] == tag("seeding.jpg")
    assert copied["CacheControl"] == "public, max-age=3600, s-maxage=31536000"
    assert copied["ServerSideEncryption"] == "AES256"
    tags = world.s3.get_object_tagging(Bucket=DESTINATION, Key="seeding.jpg")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "original"}]


def test_a_new_original_costs_no_invalidation_and_no_second_pass(world: World) -> None:
    world.upload("seeding.jpg", b"photograph")
    world.invoke("copy", "copy-object-created")
    world.invoke("copy", "copy-object-created")
    assert world.invalidated() == []
    assert world.waiting() == 0


@pytest.mark.parametrize(
    "name",
    [
        "ObjectCreated:Put",
        "ObjectCreated:Post",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:Delete",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRestore:Completed",
        "LifecycleExpiration:Delete",
        "LifecycleExpiration:DeleteMarkerCreated",
    ],
)
def test_an_event_of_any_kind_is_only_a_hint(world: World, name: str) -> None:
    event = sample_event("copy-object-created")
    event["Records"][0]["eventName"] = name
    world.upload("seeding.jpg", b"photograph")
    world.invoke("copy", event)
    assert world.listing() == ["seeding.jpg"]
    version = world.s3.head_object(Bucket=SOURCE, Key="seeding.jpg")["VersionId"]
    world.s3.delete_object(Bucket=SOURCE, Key="seeding.jpg", VersionId=version)
    world.invoke("copy", event)
    assert world.listing() == []


def test_every_log_line_of_a_message_names_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    logger = telemetry.logger
    correlations = []

    class Formatted(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            correlations.append(json.loads(logger.registered_formatter.format(record)).get("correlation_id"))

    logger.addHandler(handler := Formatted())
    try:
        world.converge("a.png", "b.png")
    finally:
        logger._logger.removeHandler(handler)
    assert caplog.messages.count("compared source and destination") == 2
    assert sorted(set(correlations)) == ["message-0", "message-1"]


def test_an_awkward_key_of_a_multipart_upload_is_copied(world: World) -> None:
    upload = world.s3.create_multipart_upload(Bucket=SOURCE, Key=AWKWARD, ContentType="image/jpeg")
    part = world.s3.upload_part(
        Bucket=SOURCE, Key=AWKWARD, PartNumber=1, UploadId=upload["UploadId"], Body=b"photograph"
    )
    world.s3.complete_multipart_upload(
        Bucket=SOURCE,
        Key=AWKWARD,
        UploadId=upload["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert world.invoke("copy", "copy-multipart-awkward-key") == SUCCESS
    assert world.listing() == [AWKWARD]


def test_a_key_of_800_bytes_is_copied_and_one_of_801_is_refused(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    longest = "é" * 399 + ".j"
    for key in (longest, longest + "g"):
        world.upload(key, b"photograph")
        assert world.converge(key) == SUCCESS
    assert world.listing() == [longest]
    assert emitted(capsys.readouterr().out)["Refused"] == [1]
    assert "original refused: it is longer than 800 bytes" in caplog.messages


@pytest.mark.parametrize("event", ["copy-object-removed", "copy-delete-marker"])
def test_a_removed_original_goes_with_its_derivatives_and_its_tag_is_invalidated(world: World, event: str) -> None:
    notification = json.loads(sample_event(event)["Records"][0]["body"])
    key = notification["Records"][0]["s3"]["object"]["key"]
    world.upload(key, COFFEE, ContentType="image/png")
    world.converge(key)
    assert world.get(f"/resize/90x60/{key}")["statusCode"] == 200
    assert world.listing() == sorted([f"90x60/{key}", key])
    version = world.s3.head_object(Bucket=SOURCE, Key=key)["VersionId"]
    world.s3.delete_object(Bucket=SOURCE, Key=key, **({"VersionId": version} if event.endswith("removed") else {}))
    assert world.invoke("copy", event) == SUCCESS
    assert world.listing() == []
    assert [f"#{tag(key)}"] in world.invalidated()
    assert world.waiting() == 1


def test_a_replaced_original_loses_the_derivatives_of_the_old_one_only(world: World) -> None:
    world.upload("a.png", COFFEE)
    world.upload("b.png", COFFEE)
    world.converge("a.png", "b.png")
    for key in ("a.png", "b.png"):
        world.get(f"/resize/90x60/{key}")
    world.upload("a.png", (SAMPLES / "chelsea.png").read_bytes())
    world.converge("a.png")
    assert world.listing() == ["90x60/b.png", "a.png", "b.png"]
    assert world.invalidated().count([f"#{tag('a.png')}"]) == 1


def test_the_same_bytes_again_keep_their_derivatives(world: World) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.get("/resize/90x60/a.png")
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    assert world.listing() == ["90x60/a.png", "a.png"]
    assert world.invalidated() == [["/90x60/a.png"]]


def test_a_batch_of_changes_costs_one_call_to_the_edge(world: World) -> None:
    keys = [f"{number}.png" for number in range(5)]
    for content in (b"old", b"new"):
        for key in keys:
            world.upload(key, content)
        world.converge(*keys)
    assert [sorted(items) for items in world.invalidated()] == [sorted(f"#{tag(key)}" for key in keys)]


def test_the_second_pass_purges_a_slow_render_and_two_more_find_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.get("/resize/90x60/a.png")
    old = world.s3.get_object(Bucket=DESTINATION, Key="90x60/a.png")
    world.upload("a.png", (SAMPLES / "chelsea.png").read_bytes())
    world.converge("a.png")
    # a render that read the old original, and died after its put
    world.s3.put_object(Bucket=DESTINATION, Key="90x60/a.png", Body=old["Body"].read(), Metadata=old["Metadata"])
    pass_time(monkeypatch, 241)
    world.converge("a.png")
    assert world.listing() == ["a.png"]
    assert told_of(world, "a.png") == 2
    for told in (3, 4, 4):
        pass_time(monkeypatch, 241)
        world.converge("a.png")
        assert told_of(world, "a.png") == told
    assert world.rows()[("original#a.png", "#")]["since"]["N"] == "0"
    assert ("original#a.png", "90x60") not in world.rows()


def test_a_change_is_invalidated_three_times_and_each_pass_but_the_last_is_requeued(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(world)
    waiting = world.waiting()
    for told, more, rounds in [(2, 1, "1"), (3, 1, "0"), (3, 1, "0")]:
        pass_time(monkeypatch, 241)
        world.converge("a.png")
        assert (told_of(world, "a.png"), world.waiting() - waiting) == (told, more)
        assert world.rows()[("original#a.png", "#")]["rounds"]["N"] == rounds


def test_a_row_that_counts_no_rounds_has_them_all_before_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change(world)
    item = world.rows()[("original#a.png", "#")]
    del item["rounds"]
    world.dynamodb.put_item(TableName=TABLE, Item=item)
    for told in (2, 3, 3):
        pass_time(monkeypatch, 241)
        world.converge("a.png")
        assert told_of(world, "a.png") == told
    assert world.rows()[("original#a.png", "#")]["since"]["N"] == "0"


def test_a_settled_row_without_rounds_is_unchanged(world: World) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    item = world.rows()[("original#a.png", "#")]
    del item["rounds"]
    world.dynamodb.put_item(TableName=TABLE, Item=item)
    assert world.converge("a.png") == {"batchItemFailures": []}
    assert world.rows()[("original#a.png", "#")] == item
    assert world.invalidated() == []


def change(world: World) -> None:
    """Copy an original, and another one over it."""
    for content in (b"old", b"new"):
        world.upload("a.png", content)
        world.converge("a.png")


def told_of(world: World, key: str) -> int:
    """Return the number of invalidations of an original."""
    return world.invalidated().count([f"#{tag(key)}"])


def test_an_early_second_pass_settles_nothing(world: World) -> None:
    for content in (b"old", b"new"):
        world.upload("a.png", content)
        world.converge("a.png")
    waiting = world.waiting()
    world.converge("a.png")
    assert len(world.invalidated()) == 1
    assert world.waiting() == waiting + 1
    assert world.rows()[("original#a.png", "#")]["since"]["N"] != "0"


def test_nothing_is_left_of_a_deleted_original(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.get("/resize/90x60/a.png")
    world.s3.delete_object(Bucket=SOURCE, Key="a.png")
    world.converge("a.png")
    for _ in range(2):
        pass_time(monkeypatch, 241)
        world.converge("a.png")
    assert [row for row in world.rows() if row[0] == "original#a.png"] == []


def test_the_row_of_a_render_that_is_about_to_store_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"old", b"new"):
        world.upload("a.png", content)
        world.converge("a.png")
    pass_time(monkeypatch, 241)
    leases.write(TABLE, leases.Claim("a.png", "90x60", '"etag"', "holder", 0))
    world.converge("a.png")
    assert ("original#a.png", "90x60") in world.rows()


def test_a_first_delivery_that_died_after_the_copy_costs_no_invalidation(world: World) -> None:
    world.upload("a.png", b"photograph")
    world.converge("a.png")
    world.dynamodb.delete_item(
        TableName="derivatives", Key={"original": {"S": "original#a.png"}, "derivative": {"S": "#"}}
    )
    world.converge("a.png")
    assert world.invalidated() == []
    assert ("original#a.png", "#") in world.rows()


class Killed(BaseException):
    """What ends a process between two calls."""


def die_after_copying(world: World, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patches:
        patches.setattr(batch, "purge", die)
        with pytest.raises(Killed):
            world.converge(key)


def test_a_change_that_is_reverted_before_its_invalidation_is_invalidated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.upload("a.png", b"A")
    world.converge("a.png")
    world.upload("a.png", b"B")
    die_after_copying(world, monkeypatch, "a.png")
    world.upload("a.png", b"A")
    world.converge("a.png")
    assert world.invalidated() == [[f"#{tag('a.png')}"]]


def test_a_new_original_that_changed_before_it_had_a_row_is_invalidated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.upload("a.png", b"A")
    die_after_copying(world, monkeypatch, "a.png")
    world.upload("a.png", b"B")
    world.converge("a.png")
    assert world.invalidated() == [[f"#{tag('a.png')}"]]


@pytest.mark.parametrize(
    "change", [{"ContentType": "image/webp"}, {"Metadata": {"title": "Cat"}}, {"CacheControl": "private"}]
)
def test_the_same_bytes_with_other_headers_are_invalidated(
    world: World, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "title")
    world.upload("a.png", b"photograph")
    world.converge("a.png")
    world.upload("a.png", b"photograph", **change)
    world.converge("a.png")
    assert world.invalidated() == [[f"#{tag('a.png')}"]]


def test_one_bad_message_fails_alone_and_comes_again_soon(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.upload("coffee.png", COFFEE)
    retries = []

    def delay_retry(*arguments: Any) -> int:
        retries.append(arguments)
        return 1

    monkeypatch.setattr(app, "delay_retry", delay_retry)
    answer = world.invoke("copy", "copy-batch-one-bad")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "99999999-0000-4000-8000-000000000002"}]}
    assert retries == [(world.queue_url, "AQEB-receipt-2", 3)]
    assert world.listing() == ["coffee.png"]
    assert emitted(capsys.readouterr().out)["MalformedMessages"] == [1]


DEEP = pytest.param("[" * 200_000, id="deep")


@pytest.mark.parametrize("body", ["", "[]", "null", "{" * 9, DEEP, '{"Records": 1}', '{"Records": [{}]}', "é"])
def test_a_message_of_whatever_text_fails_alone(world: World, body: str) -> None:
    world.upload("coffee.png", COFFEE)
    event = sample_event("copy-batch-one-bad")
    event["Records"][1]["body"] = body
    answer = world.invoke("copy", event)
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}
    assert world.listing() == ["coffee.png"]


def test_a_key_that_begins_like_a_transform_is_ignored(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.s3.put_object(Bucket=DESTINATION, Key="300x200/derivative.jpg", Body=b"a derivative of that name")
    world.upload("300x200/derivative.jpg", b"an original of that name")
    assert world.invoke("copy", "copy-unservable-key") == SUCCESS
    assert world.s3.get_object(Bucket=DESTINATION, Key="300x200/derivative.jpg")["Body"].read().startswith(b"a deriv")
    assert emitted(capsys.readouterr().out)["Refused"] == [1]


def test_an_original_over_5_gb_is_refused_and_its_old_copy_removed(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.upload("a.png", b"small")
    world.converge("a.png")
    monkeypatch.setattr(convergence, "LARGEST_COPY", 10)
    world.upload("a.png", b"larger than ten bytes")
    world.converge("a.png")
    assert world.listing() == []
    assert emitted(capsys.readouterr().out)["Refused"] == [1]


@pytest.mark.parametrize(
    ("key", "headers", "body", "served"),
    [
        ("a", {}, COFFEE, "image/png"),
        ("a.html", {"ContentType": "application/octet-stream"}, COFFEE, "image/png"),
        ("a.jpg", {"ContentType": "undefined"}, b"unknown", "image/jpeg"),
        ("a.svg", {"ContentType": "binary/octet-stream"}, b"<svg/>", "image/svg+xml"),
        ("a.html", {}, b"<html><script>alert(1)</script>", "application/octet-stream"),
        ("empty.png", {}, b"", "image/png"),
        ("a.png", {"ContentEncoding": "gzip"}, b"<svg/>", "image/png"),
        ("a.png", {"ContentType": "text/plain"}, COFFEE, "text/plain"),
    ],
)
def test_an_original_without_a_useful_type_gets_that_of_its_bytes(
    world: World, key: str, headers: dict[str, str], body: bytes, served: str
) -> None:
    world.upload(key, body, **headers)
    assert world.converge(key) == SUCCESS
    assert head(world, key)["ContentType"] == served
    world.converge(key)
    assert world.invalidated() == []


def test_user_metadata_is_published_only_where_the_deployment_allows_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = {"photographer": "C. E.", "title": "Seeding", "internal-id": "4711"}
    world.upload("a.png", b"photograph", Metadata=metadata)
    world.converge("a.png")
    assert set(head(world, "a.png")["Metadata"]) == {"cache-tag", "source-version"}
    publish(monkeypatch, "photographer", "title", "cache-tag")
    world.converge("a.png")
    published = head(world, "a.png")["Metadata"]
    assert published == {"photographer": "C. E.", "title": "Seeding"} | {
        name: published[name] for name in ("cache-tag", "source-version")
    }
    assert world.invalidated() == [[f"#{tag('a.png')}"]]


def test_unpublished_metadata_of_a_new_version_costs_no_invalidation(world: World) -> None:
    world.upload("a.png", b"photograph")
    world.converge("a.png")
    world.upload("a.png", b"photograph", Metadata={"internal-id": "4711"})
    world.converge("a.png")
    assert world.invalidated() == []


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("private, no-store", "private, no-store"),
        ("max-age=60", "public, max-age=60, s-maxage=60"),
        ("max-age=1e9; <script>", "public, max-age=3600, s-maxage=31536000"),
    ],
)
def test_the_owners_cache_control_holds_for_the_copy_and_its_derivatives(world: World, said: str, stored: str) -> None:
    world.upload("a.png", COFFEE, CacheControl=said)
    world.converge("a.png")
    world.get("/resize/90x60/a.png")
    assert [head(world, key)["CacheControl"] for key in ("a.png", "90x60/a.png")] == [stored, stored]


def test_the_owners_expiry_holds_for_the_copy_and_its_derivatives(world: World) -> None:
    world.upload("a.png", COFFEE, Expires=datetime(2099, 10, 21, tzinfo=UTC))
    world.converge("a.png")
    world.get("/resize/90x60/a.png")
    for key in ("a.png", "90x60/a.png"):
        assert head(world, key)["ExpiresString"] == "Wed, 21 Oct 2099 00:00:00 GMT"
        assert head(world, key)["CacheControl"] == "public"


def test_a_change_of_cache_control_alone_reaches_copy_and_derivatives(world: World) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.get("/resize/90x60/a.png")
    etag = head(world, "a.png")["ETag"]
    world.s3.copy_object(
        Bucket=SOURCE,
        Key="a.png",
        CopySource={"Bucket": SOURCE, "Key": "a.png"},
        MetadataDirective="REPLACE",
        CacheControl="private",
    )
    world.converge("a.png")
    assert (head(world, "a.png")["ETag"], head(world, "a.png")["CacheControl"]) == (etag, "private, max-age=3600")
    assert world.listing() == ["a.png"]
    assert [f"#{tag('a.png')}"] in world.invalidated()
    answer = world.get("/resize/90x60/a.png")
    assert answer["headers"]["Cache-Control"] == "private, max-age=60"
    assert head(world, "90x60/a.png")["CacheControl"] == "private, max-age=3600"


def test_metadata_that_leaves_no_room_is_left_behind(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, "story")
    world.upload("a.png", b"photograph", Metadata={"story": "x" * 1990})
    world.converge("a.png")
    assert set(head(world, "a.png")["Metadata"]) == {"cache-tag", "source-version"}
    assert any("metadata dropped" in message for message in caplog.messages)


def test_a_failure_of_one_key_does_not_fail_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = objects.copy

    def copy_but_one(source: Any, *rest: Any) -> str:
        if source[1].key == "b.png":
            raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "CopyObject")
        return whole(source, *rest)

    monkeypatch.setattr(objects, "copy", copy_but_one)
    monkeypatch.setattr(app, "delay_retry", lambda *_: 1)
    for key in ("a.png", "b.png", "c.png"):
        world.upload(key, b"photograph")
    assert world.converge("a.png", "b.png", "c.png") == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert world.listing() == ["a.png", "c.png"]


def test_a_failed_invalidation_keeps_the_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.upload("a.png", b"old")
    world.converge("a.png")

    def refuse(*_: Any) -> str:
        raise ClientError({"Error": {"Code": "TooManyInvalidationsInProgress", "Message": ""}}, "CreateInvalidation")

    monkeypatch.setattr(batch, "invalidate_originals", refuse)
    monkeypatch.setattr(app, "delay_retry", lambda *_: 1)
    world.upload("a.png", b"new")
    assert len(world.converge("a.png")["batchItemFailures"]) == 1
    monkeypatch.setattr(batch, "invalidate_originals", invalidate_originals)
    assert world.converge("a.png") == SUCCESS
    assert world.invalidated() == [[f"#{tag('a.png')}"]]


def test_a_notification_without_a_queue_raises_when_a_key_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    monkeypatch.setattr(batch, "synchronise", fail)
    with pytest.raises(app.NotificationFailed):
        world.invoke("copy", "copy-object-created")


@pytest.mark.parametrize(
    "event",
    [{}, {"Records": [{"eventSource": "aws:sns"}]}, {"Records": "none"}, {"Records": [{"eventSource": "aws:sqs"}]}],
)
def test_an_event_that_is_neither_a_batch_nor_a_notification_is_an_error(world: World, event: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        world.invoke("copy", event)


@pytest.mark.parametrize("event", ["copy-test-event", "copy-second-pass"])
def test_an_event_that_changes_nothing_does_nothing(world: World, event: str) -> None:
    assert world.invoke("copy", event) == SUCCESS
    assert (world.listing(), world.rows(), world.invalidated(), world.waiting()) == ([], {}, [], 0)


def test_a_key_without_enough_time_to_copy_gets_its_own_message(world: World) -> None:
    for key in ("a.png", "b.png"):
        world.upload(key, b"photograph")
    assert world.converge("a.png", "b.png", seconds=150) == SUCCESS
    assert (world.listing(), world.waiting()) == ([], 2)
    assert world.converge("a.png", "b.png", seconds=180) == SUCCESS
    assert world.listing() == ["a.png", "b.png"]


def test_a_key_that_can_not_be_postponed_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "SendMessage")

    monkeypatch.setattr(batch, "requeue", refuse)
    monkeypatch.setattr(app, "delay_retry", lambda *_: 1)
    assert world.converge("a.png", seconds=150) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


def job(*keys: str) -> dict[str, Any]:
    """An event of S3 Batch Operations, as its documentation shows one."""
    return {
        "invocationSchemaVersion": "1.0",
        "invocationId": "YXNkbGZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZza2RmaAo",
        "job": {"id": "f3cc4f60-61f6-4a2b-8a21-d07600c373ce"},
        "tasks": [
            {"taskId": f"task-{number}", "s3Key": key, "s3VersionId": None, "s3BucketArn": f"arn:aws:s3:::{SOURCE}"}
            for number, key in enumerate(keys)
        ],
    }


def test_a_job_of_s3_batch_operations_converges_its_keys(world: World) -> None:
    world.upload(AWKWARD, b"photograph")
    answer = world.invoke("copy", job("%C3%A9t%C3%A9/a+b%2Bc+100%25.jpg"))
    assert answer["results"] == [{"taskId": "task-0", "resultCode": "Succeeded", "resultString": ""}]
    assert (answer["invocationSchemaVersion"], answer["invocationId"][:4]) == ("1.0", "YXNk")
    assert world.listing() == [AWKWARD]


def test_a_task_of_a_job_that_fails_is_tried_again_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    synchronise = convergence.synchronise

    def fail_once(key: str, settings: settings.Settings) -> convergence.Synchronised:
        if key == "a.png":
            raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "HeadObject")
        return synchronise(key, settings)

    monkeypatch.setattr(batch, "synchronise", fail_once)
    world.upload("b.png", b"photograph")
    codes = [result["resultCode"] for result in world.invoke("copy", job("a.png", "b.png"))["results"]]
    assert codes == ["TemporaryFailure", "Succeeded"]
    assert world.listing() == ["b.png"]


def test_a_job_that_can_not_be_read_is_an_error(world: World) -> None:
    with pytest.raises(MalformedEvent):
        world.invoke("copy", job() | {"tasks": [{"taskId": "1"}]})


@pytest.mark.parametrize(
    ("name", "value"), [("SETTLE_SECONDS", "901"), ("SETTLE_SECONDS", "-1"), ("EDGE_TTL_SECONDS", "a year")]
)
def test_a_time_that_is_none_stops_the_function_from_starting(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    del world  # whose environment it is
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name):
        settings.Settings.from_environment()
