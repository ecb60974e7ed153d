"""A seed always gives the same operations, of every kind."""

from __future__ import annotations

from grammar.path import parse_path, unservable
from lab.chaos.clients import image_path
from lab.chaos.operations import Action, object_key, operations
from lab.chaos.originals import COLOURS


def test_a_seed_decides_on_every_operation() -> None:
    first, again, other = (list(operations(500, 10, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 500
    assert {operation.action for operation in first} == set(Action)


def test_every_original_is_uploaded_first_and_no_original_runs_out_of_versions() -> None:
    drawn = list(operations(5000, 100, 1))
    assert [operation.key for operation in drawn[:100]] == list(range(100))
    changes = [
        each.key for each in drawn if each.action in (Action.OVERWRITE, Action.REUPLOAD, Action.REPLACE_AND_REVERT)
    ]
    assert max(changes.count(key) for key in range(100)) * 2 < len(COLOURS)


def test_every_path_is_one_that_the_service_makes() -> None:
    for operation in operations(2000, 100, 1):
        assert not unservable(object_key(operation.key))
        for transform in filter(None, operation.transforms):
            assert parse_path(f"{transform}/{object_key(operation.key)}", {})[1] == object_key(operation.key)
            assert image_path(transform, operation.key).startswith(f"/{transform}/")
