from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from operation.deployed import Deployed
from operation.walk import Walk
from world import DESTINATION, SOURCE, TABLE

if TYPE_CHECKING:
    from world import World


@pytest.fixture
def walk(world: World) -> Walk:
    outputs = {
        "SourceBucketName": SOURCE,
        "DestinationBucketName": DESTINATION,
        "TableName": TABLE,
        "DistributionId": world.distribution,
    }
    return Walk(Deployed("images", outputs, {"InvalidationBudget": "500"}), "https://example.com", lambda _: None, 0.1)


def spend(world: World, paths: int) -> None:
    month = datetime.now(UTC).strftime("%Y-%m")
    key = {"original": {"S": f"invalidations#{month}"}, "derivative": {"S": "#"}}
    world.dynamodb.put_item(TableName=TABLE, Item=key | {"paths": {"N": str(paths)}})


def test_an_invalidation_is_found_among_those_of_other_paths(world: World, walk: Walk) -> None:
    for number, path in enumerate(("/a", walk.path, "/b")):
        batch = {"Paths": {"Quantity": 1, "Items": [path]}, "CallerReference": str(number)}
        world.cloudfront.create_invalidation(DistributionId=world.distribution, InvalidationBatch=batch)
    assert walk.find_invalidation().startswith("invalidation ")


def test_no_invalidation_is_a_fault_while_the_budget_lasts_and_none_after(world: World, walk: Walk) -> None:
    assert walk.find_invalidation() == ""
    spend(world, 499)
    assert walk.find_invalidation() == ""
    spend(world, 500)
    assert walk.find_invalidation() == "skipped: 500 of 500 paths are spent"


def test_an_object_that_is_not_there_is_none(walk: Walk) -> None:
    assert walk.head("missing.png") is None


def test_waiting_ends(walk: Walk) -> None:
    assert walk.wait(lambda: False) is None
    assert walk.wait(lambda: True) is not None
