from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ops.errors import CommandFailed
from ops.smoke.request import choose_transform, sign
from ops.smoke.walk import Walk
from ops.stack import Deployed
from world import DESTINATION, ROOT, SOURCE, TABLE

if TYPE_CHECKING:
    from world import World


VECTORS: list[dict[str, str]] = json.loads((ROOT / "docs" / "signature-vectors.json").read_text(encoding="utf-8"))[
    "vectors"
]


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
    assert walk.find_invalidation() == "skipped: 500 of 500 paths are used"


def test_the_transform_is_the_one_of_the_index(world: World, walk: Walk) -> None:
    assert walk.find_transform() == walk.transform
    for name in ("#", "40x20"):
        row = {"original": {"S": f"original#{walk.key}"}, "derivative": {"S": name}}
        world.dynamodb.put_item(TableName=TABLE, Item=row)
    assert walk.find_transform() == "40x20"


def test_an_object_that_is_not_there_is_none(walk: Walk) -> None:
    assert walk.head("missing.png") is None


@pytest.mark.parametrize(
    ("parameters", "chosen"),
    [
        ({}, "20x10"),
        ({"Transforms": "signed", "Presets": "thumb:60x60"}, "20x10"),
        ({"Transforms": "presets", "Presets": "thumb:60x60,fit=cover;hero:90x"}, "60x60,fit=cover"),
        ({"AllowedDimensions": "300x200,600x"}, "300x200"),
        ({"AllowedTypes": "avif,jpeg,png"}, "20x10"),
        ({"AllowedTypes": "avif,jpeg,webp"}, "20x10,f=webp"),
        ({"AllowedTypes": "jxl", "AllowedDimensions": "x400"}, "x400,f=jxl"),
    ],
)
def test_the_requested_formats_are_those_of_the_stack(parameters: dict[str, str], chosen: str) -> None:
    assert choose_transform(Deployed("images", {}, parameters)) == chosen


def test_a_stack_that_makes_nothing_can_t_be_walked() -> None:
    with pytest.raises(CommandFailed, match="presets only, and has none"):
        choose_transform(Deployed("images", {}, {"Transforms": "presets", "Presets": ""}))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["transform"])
def test_a_signature_is_that_of_the_vectors(vector: dict[str, str]) -> None:
    signed = sign(vector["transform"], vector["key"], vector["secret"])
    assert signed == f"{vector['transform']},s={vector['signature']}"
    assert sign(vector["transform"], vector["key"], "") == vector["transform"]


def test_waiting_ends(walk: Walk) -> None:
    assert walk.wait(lambda: False) is None
    assert walk.wait(lambda: True) is not None
