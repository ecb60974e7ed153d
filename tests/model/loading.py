"""The functions' own code, loaded once, and what it is given instead of AWS, the clock, threads and images."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, patch

from imaging.errors import DamagedImage
from imaging.writing.encoder import Encoded
from world import environment, forget_clients, load_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from grammar.transform import Transform

SOURCE, DESTINATION = "source", "destination"
LIFETIME_DAYS = 1
LEASE_SECONDS = 26
"""What is left of the resize function's time when it takes a lease."""
BLIND = "1x1"
"""A transform of which all originals make the same bytes, so that derivatives of two originals have one ETag."""
WATERMARK = "watermarks/w"
MARK = ",wm=w"
"""What a transform with this watermark ends with."""
TRANSFORMS = ("9x9", BLIND, "9x9" + MARK, BLIND + MARK)
DAMAGED = b"D"
"""An original of which nothing can be made, and a watermark that can't be used."""
PAGE = 2
"""Rows that the copy function handles with one message: few, so that purges go on."""


def encoded(sources: Any, transform: Transform, *_: object) -> Encoded:
    """Stand for decoding, transforming and encoding: tells which originals were read, and what was made of them.

    `sources` are the resize function's: its modules have no names here.
    """
    if DAMAGED in (sources.original, sources.watermark):
        raise DamagedImage("it is damaged")
    body = made_of(sources.original, transform.canonical, sources.watermark)
    return Encoded(body, "image/png", "png", 9, 9, 1)


def made_of(data: bytes, transform: str, watermark: bytes | None) -> bytes:
    if transform.startswith(BLIND):
        return b"a pixel"
    return transform.encode() + b" of " + data + (b" and " + watermark if watermark else b"")


@dataclass
class _Names:
    queue_url: str = "queue"
    distribution: str = "distribution"


@cache
def functions() -> dict[str, dict[str, ModuleType]]:
    """Load both functions once, with the template's environment."""
    values = environment(_Names()) | {  # type: ignore[arg-type]
        "SOURCE_BUCKET": SOURCE,
        "DESTINATION_BUCKET": DESTINATION,
        "INVALIDATION_BUDGET": "2",
        "DERIVATIVE_LIFETIME_DAYS": str(LIFETIME_DAYS),
        "POWERTOOLS_SERVICE_NAME": "model",
        "POWERTOOLS_METRICS_NAMESPACE": "model",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    with patch.dict(os.environ, values), patch("cloud.clients._client", MagicMock()):
        return {name: load_function(name) for name in ("copy", "resize")}


class Quiet:
    """A logger of nothing but the last exception: Powertools' loggers keep state for one invocation at a time."""

    last: BaseException | None = None

    def exception(self, *_args: object, **_kwargs: object) -> None:
        Quiet.last = sys.exception()

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_kwargs: None


def handler(function: str) -> Callable[..., dict[str, Any]]:
    """Return a function's handler without Powertools' decorators, whose state is for one invocation at a time."""
    found: Callable[..., dict[str, Any]] = functions()[function]["app"].handler.__wrapped__.__wrapped__
    return found


@contextmanager
def patched(
    clients: Mapping[str, object],
    now: Callable[[], int],
    sleep: Callable[[float], None],
    side_by_side: Callable[..., list[Any]],
) -> Iterator[None]:
    """Give the functions other clients, another clock (in milliseconds), another executor and no images."""
    copy, resize = functions()["copy"], functions()["resize"]
    with ExitStack() as patches:
        enter = patches.enter_context
        forget_clients()
        patches.callback(forget_clients)
        enter(patch("cloud.clients._client", lambda service, *_: clients[service]))
        enter(patch("cloud.deadline.check", lambda _needed: None))  # the model has a clock, and kills, of its own
        enter(patch.object(resize["lease"], "deadline", SimpleNamespace(left=lambda: LEASE_SECONDS)))
        enter(patch("cloud.clock.now", now))
        clock = SimpleNamespace(monotonic=lambda: now() / 1000, sleep=sleep)
        enter(patch.object(resize["lease"], "time", clock))
        enter(patch.object(resize["derivation"], "time", clock))
        enter(patch("cloud.table.budget._spent", set()))
        enter(patch.object(resize["derivation"], "_transcode", encoded))
        enter(patch.object(copy["convergence"].index, "PAGE", PAGE))
        for module in (resize["lookup"], copy["purging"]):
            enter(patch.object(module, "_pool", SimpleNamespace(map=side_by_side)))
        enter(patch("cloud.telemetry.metrics", Quiet()))
        enter(patch.object(copy["reconciliation_run"], "PIECE_SECONDS", 0.0))  # one key each
        for module in (*copy.values(), *resize.values()):
            for name in {"logger", "count", "count_bytes", "metrics"} & set(vars(module)):
                enter(patch.object(module, name, Quiet() if name in ("logger", "metrics") else lambda *_: None))
        yield
