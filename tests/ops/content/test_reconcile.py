"""What differs is found whatever it is, and repaired only on demand."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest

from cloud.table import index, originals
from cloud.table.derivatives import write_dependent
from copier import app, reconciliation
from copier.settings import Settings
from ops.content import reconcile as program
from world import DESTINATION, SAMPLES, SOURCE, TABLE, World, pass_time

if TYPE_CHECKING:
    from collections import Counter


COFFEE = (SAMPLES / "coffee.png").read_bytes()
DAY = 86_400
LOGO = "watermarks/logo.png"
MARKED = "60x,wm=logo.png/album/b.png"


@pytest.fixture
def settled(world: World) -> World:
    """Originals of which everything is in order, with derivatives."""
    for key in ("a.png", "album/b.png", "c.png", LOGO):
        world.upload(key, COFFEE)
        world.converge(key)
        world.get(f"/resize/90x60/{key}")
    world.get(f"/resize/{MARKED}")
    return world


def reconcile(*, apply: bool = False) -> Counter[str]:
    return program.reconcile(app.settings, apply=apply)


def take_messages(world: World) -> list[dict[str, Any]]:
    received: list[dict[str, Any]] = []
    while messages := world.sqs.receive_message(QueueUrl=world.queue_url, MaxNumberOfMessages=10).get("Messages"):
        received += messages
        for message in messages:
            world.sqs.delete_message(QueueUrl=world.queue_url, ReceiptHandle=message["ReceiptHandle"])
    return received


def break_it(world: World, how: str) -> None:
    if how == "not copied":
        world.upload("new.png", COFFEE)
    elif how == "an older version is served":
        world.upload("a.png", b"other")
    elif how == "removed, but still served":
        world.s3.delete_object(Bucket=SOURCE, Key="a.png")
    elif how == "1 derivatives of an older original":
        world.s3.put_object(Bucket=DESTINATION, Key="90x60/a.png", Body=b"x", Metadata={"original-etag": '"another"'})
    elif how == "derivative of an outdated watermark":
        metadata = world.s3.head_object(Bucket=DESTINATION, Key=MARKED)["Metadata"] | {"watermark-etag": '"another"'}
        world.s3.put_object(Bucket=DESTINATION, Key=MARKED, Body=b"x", Metadata=metadata)
    elif how == "copied with other metadata":
        copy = world.s3.get_object(Bucket=DESTINATION, Key="a.png")
        metadata = copy["Metadata"] | {"photographer": "C. E."}  # by other settings of PublishedMetadata
        world.s3.put_object(Bucket=DESTINATION, Key="a.png", Body=COFFEE, Metadata=metadata)
    elif how == "derivative missing from the index":
        world.s3.put_object(Bucket=DESTINATION, Key="50x/album/b.png", Body=b"x")
    else:
        row = {"original": {"S": "original#a.png"}, "derivative": {"S": "#"}}
        world.dynamodb.delete_item(TableName=TABLE, Key=row)
        if how == "edge not invalidated after a change":
            world.dynamodb.put_item(TableName=TABLE, Item=row | {"etag": {"S": "changing 1"}, "since": {"N": "0"}})


REASONS = [
    "not copied",
    "an older version is served",
    "removed, but still served",
    "copied with other metadata",
    "1 derivatives of an older original",
    "derivative missing from the index",
    "derivative of an outdated watermark",
    "original missing from the index",
    "edge not invalidated after a change",
]


def test_nothing_is_found_where_everything_is_in_order(settled: World) -> None:
    assert settled.waiting() == 0
    assert reconcile() == {}


@pytest.mark.parametrize("reason", REASONS)
def test_differences_are_found_and_repaired_only_on_demand(
    settled: World, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    break_it(settled, reason)
    before = (settled.listing(), settled.rows())
    found = reconcile()
    assert found[reason] == 1
    assert (settled.listing(), settled.rows(), take_messages(settled)) == (*before, [])
    assert f".png': {reason}" in capsys.readouterr().out
    reconcile(apply=True)
    messages = take_messages(settled)
    records = [{"eventSource": "aws:sqs", "messageId": str(number), "receiptHandle": "", "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"}}
               for number, message in enumerate(messages)]  # fmt: skip
    assert settled.invoke("copy", {"Records": records}) == {"batchItemFailures": []}
    assert reconcile() == {}


def test_a_derivative_without_a_row_under_its_watermark_is_found_and_removed(settled: World) -> None:
    row = {"original": {"S": f"original#{LOGO}"}, "derivative": {"S": f"~{MARKED}"}}
    settled.dynamodb.delete_item(TableName=TABLE, Key=row)
    assert reconcile(apply=True)["derivative missing from the index"] == 1
    assert MARKED not in settled.listing()
    assert {json.loads(message["Body"])["NextPass"]["Key"] for message in take_messages(settled)} == {"album/b.png"}


def test_derivatives_with_a_watermark_that_is_being_purged_are_no_difference(settled: World) -> None:
    settled.s3.put_object(Bucket=DESTINATION, Key=LOGO, Body=b"new", Metadata={"source-version": "unknown"})
    originals.mark(TABLE, LOGO)
    assert "derivative of an outdated watermark" not in reconcile()


def test_only_the_own_rows_of_a_watermark_are_looked_at(settled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled.waiting() == 0
    for number in range(9):
        write_dependent(TABLE, LOGO, f"60x,wm=logo.png/{number}.png", '"etag"')
    monkeypatch.setattr(index, "PAGE", 2)
    own, derivatives = reconciliation._own_rows(LOGO, app.settings)
    assert own is not None
    assert own.since == 0
    assert [row.storage_key for row in derivatives] == [f"90x60/{LOGO}"]


def test_a_later_pass_that_never_came_is_found(settled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settled.upload("a.png", b"other")
    settled.converge("a.png")
    assert reconcile() == {}
    pass_time(monkeypatch, DAY)
    assert reconcile() == {"later pass overdue": 1}


def test_a_later_pass_that_never_came_is_found_where_nothing_is_left_of_the_original(
    settled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled.s3.delete_object(Bucket=SOURCE, Key="a.png")
    settled.converge("a.png")
    pass_time(monkeypatch, DAY)
    assert "a.png" not in settled.listing()
    assert reconcile(apply=True) == {"later pass overdue": 1}
    assert "a.png" in take_messages(settled)[-1]["Body"]


def test_keys_that_could_never_be_served_are_named_with_the_reason(
    settled: World, capsys: pytest.CaptureFixture[str]
) -> None:
    settled.upload("90x60/a.png", COFFEE)  # which is the key of a derivative, too
    settled.upload("resize/a.png", COFFEE)
    transform, resize = "refused: its first segment reads as a transform", "refused: its first segment is 'resize'"
    assert reconcile(apply=True) == {transform: 1, resize: 1}
    assert f"'90x60/a.png': {transform}\n'resize/a.png': {resize}\n" in capsys.readouterr().out
    assert take_messages(settled) == []


def test_archived_and_too_large_originals_are_named_with_the_reason(
    settled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled.upload("archived.png", COFFEE, StorageClass="GLACIER")
    assert settled.converge("archived.png") == {"batchItemFailures": []}
    settled.upload("deep.png", COFFEE, StorageClass="DEEP_ARCHIVE", ContentType="image/png")
    assert settled.converge("deep.png") == {"batchItemFailures": []}
    assert reconcile() == {"refused: it is in an archive": 2}
    monkeypatch.setattr(reconciliation, "LARGEST_COPY", len(COFFEE) - 1)
    assert reconcile()["refused: it is larger than 5 GB"] == 6


def test_a_refused_original_is_no_difference_for_the_exit_status(
    settled: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "find_target", lambda _options: None)
    monkeypatch.setattr(program, "_take_environment", lambda _target: None)
    monkeypatch.setattr(Settings, "from_environment", lambda: app.settings)
    settled.upload("300x200/a.png", COFFEE)
    assert program.run(Namespace(start=False, apply=False)) == 0
    settled.upload("new.png", COFFEE)
    assert program.run(Namespace(start=False, apply=False)) == 1
    assert "Nothing else differs. Rename or delete" in capsys.readouterr().out
