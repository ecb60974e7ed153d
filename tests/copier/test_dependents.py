"""Purges of what was made with a watermark, page by page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud import objects, provenance
from cloud.edge import cache_tag
from cloud.table import index, leases, originals
from cloud.table.derivatives import write_dependent
from cloud.table.originals import MARK
from copier import batch, convergence
from world import DESTINATION, SOURCE, TABLE, World, pass_time, sample_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copier.convergence import PurgeResult
    from copier.settings import Settings

LOGO = "watermarks/logo.png"
TRANSFORM = "60x,wm=logo.png"
SUCCESS: dict[str, list[Any]] = {"batchItemFailures": []}
PHOTOGRAPHS = [f"photos/{number:02}.jpg" for number in range(12)]


def make(world: World, photograph: str) -> None:
    """Do what the resize function does to index and store a derivative."""
    photo, logo = (objects.head(DESTINATION, key) for key in (photograph, LOGO))
    assert photo
    assert logo
    leases.write(TABLE, leases.Claim(photograph, TRANSFORM, '"etag"', "holder", 0, LOGO))
    write_dependent(TABLE, LOGO, f"{TRANSFORM}/{photograph}", '"etag"')
    metadata = provenance.describe(photo, logo)
    world.s3.put_object(Bucket=DESTINATION, Key=f"{TRANSFORM}/{photograph}", Body=b"x", Metadata=metadata)


@pytest.fixture
def marked(world: World) -> World:
    """A watermark on a dozen photographs, and pages of five rows."""
    world.upload(LOGO, b"old")
    for key in PHOTOGRAPHS:
        world.upload(key, b"photograph")
    world.converge(LOGO, *PHOTOGRAPHS)
    for key in PHOTOGRAPHS:
        make(world, key)
    return world


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "PAGE", 5)


def receive(world: World) -> Iterator[str]:
    """Take the messages that are there, and those that follow from them without a delay."""
    while messages := world.sqs.receive_message(QueueUrl=world.queue_url, MaxNumberOfMessages=1).get("Messages"):
        world.sqs.delete_message(QueueUrl=world.queue_url, ReceiptHandle=messages[0]["ReceiptHandle"])
        yield messages[0]["Body"]


def deliver(world: World, body: str) -> dict[str, Any]:
    return world.invoke("copy", {"Records": [sample_event("copy-second-pass")["Records"][0] | {"body": body}]})


def run_to_the_end(world: World, key: str) -> int:
    """Converge a key, with all pages that follow, and return how many passes it took."""
    assert world.converge(key) == SUCCESS
    passes = 1
    for body in receive(world):
        assert deliver(world, body) == SUCCESS
        passes += 1
    return passes


def derivatives(world: World) -> list[str]:
    return [key for key in world.listing() if key.startswith(TRANSFORM)]


def dependents(world: World) -> set[tuple[str, str]]:
    return {row for row in world.rows() if row[1] != "#"}


@pytest.mark.parametrize("change", ["replaced", "removed"])
def test_a_watermark_s_derivatives_are_purged_in_pages_between_two_invalidations(marked: World, change: str) -> None:
    if change == "replaced":
        marked.upload(LOGO, b"new")
    else:
        marked.s3.delete_object(Bucket=SOURCE, Key=LOGO)
    assert run_to_the_end(marked, LOGO) == 3
    assert derivatives(marked) == []
    assert marked.invalidated() == [[f"#{cache_tag(LOGO)}"]] * 2
    attributes = marked.sqs.get_queue_attributes(
        QueueUrl=marked.queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def test_the_second_pass_goes_page_by_page_too_and_forgets_both_rows_of_each(
    marked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked.upload(LOGO, b"new")
    run_to_the_end(marked, LOGO)
    assert len(dependents(marked)) == 2 * len(PHOTOGRAPHS)
    pass_time(monkeypatch, 241)
    make(marked, PHOTOGRAPHS[3])
    run_to_the_end(marked, LOGO)
    left = {("original#" + PHOTOGRAPHS[3], TRANSFORM), ("original#" + LOGO, f"~{TRANSFORM}/{PHOTOGRAPHS[3]}")}
    assert dependents(marked) == left
    assert len(marked.invalidated()) == 3
    pass_time(monkeypatch, 241)
    run_to_the_end(marked, LOGO)
    assert dependents(marked) == left
    assert len(marked.invalidated()) == 4
    assert marked.rows()["original#" + LOGO, "#"]["since"] == {"N": "0"}


@pytest.mark.parametrize("forgetful", [False, True])
def test_the_rounds_are_counted_across_pages_also_with_a_message_of_older_code(
    marked: World, monkeypatch: pytest.MonkeyPatch, *, forgetful: bool
) -> None:
    marked.upload(LOGO, b"new")
    run_to_the_end(marked, LOGO)
    for photograph in PHOTOGRAPHS:
        make(marked, photograph)
    for rounds in ("1", "0"):
        pass_time(monkeypatch, 241)
        assert marked.converge(LOGO) == SUCCESS
        (body,) = receive(marked)
        message = json.loads(body)
        if forgetful and rounds == "1":
            del message["NextPass"]["Row"]["Rounds"]
        assert deliver(marked, json.dumps(message)) == SUCCESS
        for rest in receive(marked):
            assert deliver(marked, rest) == SUCCESS
        assert marked.rows()["original#" + LOGO, "#"]["rounds"] == {"N": rounds}


def test_a_removed_photograph_takes_the_row_under_the_watermark_with_it(
    marked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked.s3.delete_object(Bucket=SOURCE, Key=PHOTOGRAPHS[0])
    run_to_the_end(marked, PHOTOGRAPHS[0])
    assert len(derivatives(marked)) == len(PHOTOGRAPHS) - 1
    for _ in range(2):
        pass_time(monkeypatch, 241)
        run_to_the_end(marked, PHOTOGRAPHS[0])
    assert not [row for row in marked.rows() if PHOTOGRAPHS[0] in row[0] + row[1]]


def test_a_derivative_that_has_the_watermark_no_more_is_not_purged_with_it(marked: World) -> None:
    key = f"{TRANSFORM}/{PHOTOGRAPHS[0]}"
    metadata = {"original-etag": '"x"', "watermark-etag": '"other"', "cache-tag": cache_tag("marks/logo.png")}
    marked.s3.put_object(Bucket=DESTINATION, Key=key, Body=b"x", Metadata=metadata)
    marked.upload(LOGO, b"new")
    run_to_the_end(marked, LOGO)
    assert derivatives(marked) == [key]


def test_a_pass_restarts_if_the_original_has_changed(marked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    marked.upload(LOGO, b"new")
    marked.converge(LOGO)
    (first,) = receive(marked)
    marked.upload(LOGO, b"newer")
    run_to_the_end(marked, LOGO)
    before = len(marked.invalidated())
    assert deliver(marked, first) == SUCCESS
    (last,) = receive(marked)
    monkeypatch.setattr(batch, "CONTENDED_SECONDS", 0)
    assert deliver(marked, last) == SUCCESS
    (again,) = receive(marked)
    assert json.loads(again) == {"NextPass": {"Key": LOGO}}
    assert len(marked.invalidated()) == before + 1


def test_an_outdated_page_restarts_its_pass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "CONTENDED_SECONDS", 0)
    world.upload("seeding.jpg", b"photograph")
    world.converge("seeding.jpg")
    before = world.rows()
    assert world.invoke("copy", "copy-next-page") == SUCCESS
    assert [json.loads(body) for body in receive(world)] == [{"NextPass": {"Key": "seeding.jpg"}}]
    assert world.rows() == before


def test_a_pass_overtaken_by_another_is_requeued_without_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude = convergence.conclude

    def be_outrun(result: PurgeResult, settings: Settings) -> None:
        originals.mark(settings.table, result.key)
        conclude(result, settings)

    world.upload("seeding.jpg", b"photograph")
    world.converge("seeding.jpg")
    world.upload("seeding.jpg", b"another")
    with monkeypatch.context() as patch:
        patch.setattr(batch, "conclude", be_outrun)
        patch.setattr(batch, "CONTENDED_SECONDS", 0)
        assert world.converge("seeding.jpg") == SUCCESS
    (body,) = receive(world)
    assert json.loads(body) == {"NextPass": {"Key": "seeding.jpg"}}
    assert deliver(world, body) == SUCCESS
    original = index.read(TABLE, "seeding.jpg").original
    assert original is not None
    assert not original.etag.startswith(MARK)


def test_a_page_that_failed_is_repeated_and_continued(marked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    marked.upload(LOGO, b"new")
    marked.converge(LOGO)
    (body,) = receive(marked)
    with monkeypatch.context() as patch:
        patch.setattr(objects, "delete", fail)
        assert deliver(marked, body)["batchItemFailures"]
    assert len(derivatives(marked)) == len(PHOTOGRAPHS) - 4
    assert deliver(marked, body) == SUCCESS
    assert len(derivatives(marked)) == len(PHOTOGRAPHS) - 9


@pytest.mark.parametrize(
    "cursor",
    [
        {"After": "9x"},
        {"After": 9, "Row": None, "Purged": 0},
        {"After": "9x", "Row": "row", "Purged": 0},
        {"After": "9x", "Row": {"Etag": 1, "Since": 0}, "Purged": 0},
        {"After": "9x", "Row": {"Etag": "1", "Since": "0"}, "Purged": 0},
        {"After": "9x", "Row": {"Etag": "1", "Since": 0, "Rounds": "2"}, "Purged": 0},
        {"After": "9x", "Row": None, "Purged": "many"},
        {"After": "9x", "Row": None},
    ],
)
def test_a_cursor_that_is_none_fails_and_changes_nothing(marked: World, cursor: dict[str, Any]) -> None:
    before = (marked.listing(), marked.rows())
    assert deliver(marked, json.dumps({"NextPass": {"Key": LOGO} | cursor}))["batchItemFailures"]
    assert (marked.listing(), marked.rows()) == before
