from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from ops.content.purge import estimate_dollars, find_purgeable, purge
from ops.errors import CommandFailed
from ops.stack import Deployed
from world import DESTINATION, SAMPLES, SOURCE, TABLE

if TYPE_CHECKING:
    from world import World

COFFEE = (SAMPLES / "coffee.png").read_bytes()


def deployed(world: World) -> Deployed:
    outputs = {
        "SourceBucketName": SOURCE,
        "DestinationBucketName": DESTINATION,
        "TableName": TABLE,
        "SourceEventsUrl": world.queue_url,
    }
    return Deployed("images", outputs, {})


def test_purged_images_are_invalidated_and_rendered_again(world: World) -> None:
    for key in ("a.png", "b.png"):
        world.upload(key, COFFEE)
        world.converge(key)
    world.get("/resize/30x/a.png")
    world.get("/resize/30x,f=webp/a.png")
    before = len(world.invalidated())
    stack = deployed(world)
    found = find_purgeable(stack, "", 2)
    assert [(each.key, set(each.derivatives)) for each in found] == [("a.png", {"30x/a.png", "30x,f=webp/a.png"})]
    assert purge(stack, found, 2, lambda: None) == 2
    assert world.listing() == ["a.png", "b.png"]
    assert world.waiting() > 0
    world.converge("a.png")
    assert len(world.invalidated()) == before + 1
    assert world.get("/resize/30x/a.png")["statusCode"] == 200
    assert "30x/a.png" in world.listing()


def test_derivatives_with_a_watermark_are_purged_with_it_and_counted_once(world: World) -> None:
    for key in ("a.png", "watermarks/logo.png"):
        world.upload(key, COFFEE)
        world.converge(key)
    world.get("/resize/30x,wm=logo.png/a.png")
    world.get("/resize/30x/a.png")
    stack = deployed(world)
    found = find_purgeable(stack, "watermarks/", 2)
    assert [(each.key, each.derivatives) for each in found] == [("watermarks/logo.png", ("30x,wm=logo.png/a.png",))]
    assert purge(stack, found, 2, lambda: None) == 1
    assert world.listing() == ["30x/a.png", "a.png", "watermarks/logo.png"]
    world.get("/resize/30x,wm=logo.png/a.png")
    assert purge(stack, find_purgeable(stack, "", 2), 2, lambda: None) == 2


def test_a_purge_that_was_interrupted_finds_the_same_again(world: World) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.get("/resize/30x/a.png")
    stack = deployed(world)
    for _ in range(2):
        assert purge(stack, find_purgeable(stack, "a", 2), 2, lambda: None) == 1
    assert find_purgeable(stack, "b", 2) == ()


def test_the_price_is_three_paths_for_each_original(world: World) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.get("/resize/30x/a.png")
    assert estimate_dollars(find_purgeable(deployed(world), "", 1)) == pytest.approx(0.015)


def test_a_derivative_that_can_t_be_deleted_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.upload("a.png", COFFEE)
    world.converge("a.png")
    world.get("/resize/30x/a.png")
    stack = deployed(world)
    found = find_purgeable(stack, "", 1)
    client: Any = stack.client("s3")
    monkeypatch.setattr(Deployed, "client", lambda _, service: client if service == "s3" else None)
    with Stubber(client) as stub:
        stub.add_response("delete_objects", {"Errors": [{"Key": "30x/a.png", "Code": "AccessDenied"}]})
        with pytest.raises(CommandFailed, match=r"'30x/a.png': AccessDenied"):
            purge(stack, found, 1, lambda: None)
