"""A scenario in which both functions emit every metric and print every kind of log line that they can."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics.provider import cold_start
from botocore.exceptions import ClientError

from cloud import clock, objects
from cloud.table import leases
from copier import app as copy_function
from resizer import app as resize_function
from resizer import derivation
from world import (
    DESTINATION,
    SAMPLES,
    SOURCE,
    TABLE,
    World,
    break_transcoding,
    while_transcoding,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

PHOTOGRAPH = (SAMPLES / "hubble.jpg").read_bytes()
FORMATS = ("jpeg", "png", "webp", "avif", "gif", "jxl")


@dataclass
class Output:
    """What a function printed: its metrics, each as (name, its dimensions' names), and its log lines."""

    metrics: set[tuple[str, frozenset[str]]] = field(default_factory=set)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def read(self, text: str) -> None:
        """Take over the metrics of lines in CloudWatch's embedded metric format."""
        for record in (json.loads(line) for line in text.splitlines() if '"_aws"' in line):
            for directive in record["_aws"]["CloudWatchMetrics"]:
                for names in directive["Dimensions"]:
                    found = {(definition["Name"], frozenset(names)) for definition in directive["Metrics"]}
                    self.metrics |= found


def run_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Output]:
    """Return what both functions print, by their folders."""
    return {name: _run(world, scenario, monkeypatch) for name, scenario in _SCENARIOS.items()}


def _run(world: World, scenario: Callable[[World, pytest.MonkeyPatch], None], patch: pytest.MonkeyPatch) -> Output:
    output, printed = Output(), StringIO()
    cold_start.is_cold_start = True  # as in a new process
    with world.log_lines() as output.lines, redirect_stdout(printed):
        scenario(world, patch)
    output.read(printed.getvalue())
    return output


def _copy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies, refuses, changes and removes originals; one fails, one comes too late, one message is none."""
    for key, content in (("a.jpg", PHOTOGRAPH), ("300x200/a.jpg", b"refused")):
        world.upload(key, content)
        world.converge(key)
    world.s3.put_object(Bucket=DESTINATION, Key="30x/a.jpg", Body=b"stale", Metadata={"original-etag": "other"})
    leases.write(TABLE, leases.Claim("a.jpg", "30x", "other", "holder", until=0))
    world.upload("a.jpg", (SAMPLES / "coffee.png").read_bytes())
    world.converge("a.jpg")
    world.converge("late.jpg", seconds=100)
    with monkeypatch.context() as patch:
        patch.setattr(copy_function, "delay_retry", lambda *_: 1)
        patch.setattr(objects, "copy", _fail)
        world.upload("b.jpg", PHOTOGRAPH)
        world.converge("b.jpg")
        world.invoke("copy", "copy-batch-one-bad")
    world.s3.delete_object(Bucket=SOURCE, Key="a.jpg")
    world.converge("a.jpg")
    world.upload("a.jpg", PHOTOGRAPH)
    world.converge("a.jpg")


def _resize(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every format, serves what is stored, and gives every answer that is none."""
    for key, body in (
        ("notes.txt", b"no image"),
        ("watermarks/notes.txt", b"no image"),
        ("half.jpg", PHOTOGRAPH[:5000]),
    ):
        world.s3.put_object(Bucket=DESTINATION, Key=key, Body=body)
    for path in (*(f"30x,f={name}/a.jpg" for name in FORMATS), "f=json/a.jpg", "30x,f=webp/a.jpg"):
        world.get(f"/resize/{path}")
    for path in (
        *("fit=wide/a.jpg", "30x/none.jpg", "30x/notes.txt", "30x/half.jpg"),
        *("30x,wm=none.png/a.jpg", "30x,wm=notes.txt/a.jpg"),
    ):
        world.get(f"/resize/{path}")
    settings = resize_function.settings
    changed = (
        replace(settings, allowed_types=frozenset({"gif"})),
        replace(settings, limits=replace(settings.limits, max_input_bytes=10)),
        replace(settings, invalidation_budget=1),
    )
    for number, each in enumerate(changed):
        with monkeypatch.context() as patch:
            patch.setattr(resize_function, "settings", each)
            world.get(f"/resize/{40 + number}x,f=png/a.jpg")
    with monkeypatch.context() as patch:
        patch.setattr(objects, "put", _fail)
        world.get("/resize/50x,f=png/a.jpg")
    with monkeypatch.context() as patch:
        break_transcoding(patch, RuntimeError("a bug"))
        world.get("/resize/50x,f=png/a.jpg")
    _wait_for_another(world, monkeypatch)
    contents = iter((b"x", b"y"))

    def change() -> None:
        if body := next(contents, None):
            world.s3.put_object(Bucket=DESTINATION, Key="a.jpg", Body=PHOTOGRAPH + body)

    with monkeypatch.context() as patch:
        while_transcoding(patch, change)
        world.get("/resize/60x/a.jpg")


def _wait_for_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for a derivative that another instance renders, and stores while this one waits."""
    wait = derivation._wait
    etag = world.s3.head_object(Bucket=DESTINATION, Key="a.jpg")["ETag"]
    leases.write(TABLE, leases.Claim("a.jpg", "70x", etag, "another", until=clock.now() + 20_000))

    def store_meanwhile(lease: Any, target: str, found: Any, *rest: Any) -> None:
        world.s3.put_object(Bucket=DESTINATION, Key=target, Body=PHOTOGRAPH, Metadata=found.metadata)
        wait(lease, target, found, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(derivation, "_wait", store_meanwhile)
        world.get("/resize/70x/a.jpg")


def _fail(*_: Any) -> Any:
    answer: Any = {"Error": {"Code": "SlowDown", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    raise ClientError(answer, "PutObject")


_SCENARIOS = {"copy": _copy, "resize": _resize}
