"""How the tests are divided among the workers of pytest-xdist (`pytest -n 2`): by file, the long ones first."""

from __future__ import annotations

from typing import Any

import pytest

IMAGES = {f"tests/containers/test_{name}.py" for name in ("deploy", "events", "images")}
"""They share the functions' images, which one worker builds."""
CHAOS = "tests/lab/chaos/test_run.py"
"""Its tests wait most of the time and share nothing."""


def find_scope(nodeid: str) -> str:
    """Return the name of the group of tests that one worker runs, and that share the fixtures of a module."""
    file = nodeid.partition("::")[0]
    if file in IMAGES:
        return "images"
    return nodeid if file == CHAOS else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Divide the tests by `find_scope`, and begin with the first ones collected."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - not loaded where there is one process

    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = find_scope
    return scheduler


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker: containers first, then what waits for servers; the many short ones fill the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=_find_turn)


def _find_turn(item: pytest.Item) -> int:
    if item.get_closest_marker("container"):
        return 0
    if item.get_closest_marker("timeout"):
        return 1
    return 2 if item.get_closest_marker("sockets") else 3
