"""The functions' own code, and what it is given instead of AWS, the clock, threads and images."""

from __future__ import annotations

import inspect
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from copier import purging, reconciliation_run
from imaging.errors import DamagedImage
from imaging.writing.encoder import Encoded
from resizer import derivation, lease, lookup
from world import FUNCTIONS, HANDLERS, forget_clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from grammar.transform import Transform
    from resizer.lookup import Sources

SOURCE, DESTINATION = "source", "destination"
LIFETIME_DAYS = 1
COPY_SECONDS, LEASE_SECONDS = 177.0, 26
"""What is left of the copy function's time, and of the resize function's when it takes a lease."""
BLIND = "1x1"
"""A transform of which all originals make the same bytes, so that derivatives of two originals have one ETag."""
WATERMARK = "watermarks/w"
MARK = ",wm=w"
"""What a transform with this watermark ends with."""
TRANSFORMS = ("9x9", BLIND, "9x9" + MARK, BLIND + MARK)
DAMAGED = b"D"
"""An original of which nothing can be made, and a watermark that can't be used."""
CACHE_CONTROLS = ("private", "max-age=60")
"""What an owner may say about caching; it may be nothing, too."""
PAGE = 2
"""Rows that the copy function handles with one message: few, so that purges go on."""


def encoded(sources: Sources, transform: Transform, *_: object) -> Encoded:
    """Replace decoding, transforming and encoding; records which originals were read, and the result."""
    if DAMAGED in (sources.original, sources.watermark):
        raise DamagedImage("it is damaged")
    body = made_of(sources.original, transform.canonical, sources.watermark)
    return Encoded(body, "image/png", "png", 9, 9, 1)


def made_of(data: bytes, transform: str, watermark: bytes | None) -> bytes:
    if transform.startswith(BLIND):
        return b"a pixel"
    return transform.encode() + b" of " + data + (b" and " + watermark if watermark else b"")


class Quiet:
    """A logger of nothing but the last exception: Powertools' loggers keep state for one invocation at a time."""

    last: BaseException | None = None

    def exception(self, *_args: object, **_kwargs: object) -> None:
        Quiet.last = sys.exception()

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_kwargs: None


def handler(function: str) -> Callable[..., dict[str, Any]]:
    """Return a function's handler without Powertools' decorators, whose state is for one invocation at a time."""
    found: Callable[..., dict[str, Any]] = inspect.unwrap(HANDLERS[function])
    return found


@contextmanager
def patched(
    clients: Mapping[str, object],
    now: Callable[[], int],
    sleep: Callable[[float], None],
    side_by_side: Callable[..., list[Any]],
) -> Iterator[None]:
    """Give the functions other clients, another clock (in milliseconds), another executor and no images."""
    with ExitStack() as patches:
        enter = patches.enter_context
        forget_clients()
        patches.callback(forget_clients)
        for function in FUNCTIONS:
            enter(patch.object(function, "settings", _settings(function.settings)))
        enter(patch("cloud.clients._client", lambda service, *_: clients[service]))
        enter(patch("cloud.deadline._end", float("inf")))  # interleaved invocations end in any order
        enter(patch("cloud.deadline.check", lambda _needed: None))  # the model has a clock, and kills, of its own
        enter(patch("cloud.deadline.left", lambda: COPY_SECONDS))
        enter(patch.object(lease, "deadline", SimpleNamespace(left=lambda: LEASE_SECONDS)))
        enter(patch("cloud.clock.now", now))
        clock = SimpleNamespace(monotonic=lambda: now() / 1000, sleep=sleep)
        enter(patch.object(lease, "time", clock))
        enter(patch.object(derivation, "time", clock))
        enter(patch("cloud.table.budget._spent", set()))
        enter(patch.object(derivation, "_transcode", encoded))
        enter(patch("cloud.table.index.PAGE", PAGE))
        for module in (lookup, purging):
            enter(patch.object(module, "_pool", SimpleNamespace(map=side_by_side)))
        enter(patch("cloud.telemetry.metrics", Quiet()))
        enter(patch.object(reconciliation_run, "PIECE_SECONDS", 0.0))  # one key each
        for module, name in _telemetry():
            enter(patch.object(module, name, Quiet() if name in ("logger", "metrics") else lambda *_: None))
        yield


@cache
def _telemetry() -> tuple[tuple[ModuleType, str], ...]:
    """Return what logs and counts in the functions' modules: each module, and the name there."""
    modules = [module for name, module in sys.modules.items() if name.startswith(("copier.", "resizer."))]
    names = ("logger", "count", "count_bytes", "metrics")
    return tuple((module, name) for module in modules for name in names if hasattr(module, name))


def _settings(settings: Any) -> Any:
    """Return the template's settings of a function, with the model's own resources and limits."""
    own = {
        "source_bucket": SOURCE,
        "destination_bucket": DESTINATION,
        "queue_url": "queue",
        "distribution": "distribution",
        "invalidation_budget": 2,
        "lifetime_days": LIFETIME_DAYS,
    }
    return replace(settings, **{name: value for name, value in own.items() if hasattr(settings, name)})
