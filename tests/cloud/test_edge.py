"""Paths and tags as the edge knows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError

from cloud import clients, edge, queue

if TYPE_CHECKING:
    from world import World


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("300x200,fit=cover/photos/cat.jpg", "/300x200,fit=cover/photos/cat.jpg"),
        ("été/a b+c 100%.jpg", "/%C3%A9t%C3%A9/a%20b%2Bc%20100%25.jpg"),
        ("300x/*", "/300x/%2A"),
        ("300x/#tag", "/300x/%23tag"),
    ],
)
def test_a_path_is_percent_encoded_and_no_wildcard(key: str, path: str) -> None:
    assert edge.path_of(key) == path


def test_a_tag_is_case_sensitive_and_valid_for_cloudfront() -> None:
    tags = {edge.cache_tag(key) for key in ("a.png", "A.png", "é" * 400)}
    assert len(tags) == 3
    assert all(re.fullmatch(r"[0-9a-f]{64}", tag) for tag in tags)


def test_an_invalidation_is_a_new_one_each_time(world: World) -> None:
    for _ in range(2):
        edge.invalidate_originals(world.distribution, ["a.png", "b.png"])
    expected = [f"#{edge.cache_tag(key)}" for key in ("a.png", "b.png")]
    assert [sorted(items) for items in world.invalidated()] == [sorted(expected)] * 2


@pytest.mark.usefixtures("own_clients")
def test_an_invalidation_that_is_sent_again_is_the_same_one(world: World) -> None:
    sent: list[str] = []

    def lose_each_first(request: Any, **_: Any) -> None:
        sent.append(re.findall(r"<CallerReference>(.+)</CallerReference>", request.body.decode())[0])
        if len(sent) % 2:
            raise ReadTimeoutError(endpoint_url="https://cloudfront.example")

    clients.cloudfront().meta.events.register_first("before-send", lose_each_first)
    for _ in range(2):
        edge.invalidate_originals(world.distribution, ["a.png"])
    first, again, second, again_too = sent
    assert first == again != second == again_too
    assert len(world.invalidated()) == 2


@pytest.mark.usefixtures("own_clients")
def test_an_invalidation_that_a_viewer_waits_for_is_tried_once(world: World) -> None:
    sent: list[str] = []

    def lose(request: Any, **_: Any) -> None:
        sent.append(request.url)
        raise ReadTimeoutError(endpoint_url="https://cloudfront.example")

    clients.cloudfront_best_effort().meta.events.register_first("before-send", lose)
    with pytest.raises(clients.AWS_ERRORS):
        edge.invalidate_redirect(world.distribution, "300x/a.png")
    assert len(sent) == 1
    config: Any = clients.cloudfront_best_effort().meta.config
    assert config.connect_timeout + config.read_timeout <= 5


def test_a_retry_waits_longer_each_time_up_to_a_quarter_of_an_hour(world: World) -> None:
    world.sqs.send_message(QueueUrl=world.queue_url, MessageBody="a message")
    handle = world.sqs.receive_message(QueueUrl=world.queue_url)["Messages"][0]["ReceiptHandle"]
    for tries, (least, most) in {1: (10, 20), 2: (40, 80), 3: (160, 320), 4: (450, 900), 20: (450, 900)}.items():
        assert least <= queue.delay_retry(world.queue_url, handle, tries) <= most
