"""One cold start: a fresh container of a function, its first request, and some warm ones."""

from __future__ import annotations

import asyncio
import json
import statistics
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.benchmarks.cold.cloud import HOST, Moment, Run
from lab.benchmarks.cold.images import paused_container

if TYPE_CHECKING:
    from pathlib import Path

    from lab.benchmarks.cold.cloud import Cloud
    from lab.benchmarks.cold.images import Function

LATER_REQUESTS = 6
"""Number of warm requests; their median is used."""

_START_SECONDS = 0.1
"""Seconds until the shell waits at the pipe."""
_TIMEOUT = 120
_OK = 200


@dataclass(frozen=True, slots=True)
class Bench:
    """What all starts share; `core` is the number of the processor core, `settings` the function's environment."""

    cloud: Cloud
    core: int
    work: Path
    settings: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The environment as on Lambda, with the address of the fake AWS."""
        return self.settings | {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_CA_BUNDLE": "/gate/authorities.pem",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"https://{HOST}:{self.cloud.aws_port}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_LAMBDA_FUNCTION_NAME": "images-resize",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_RUNTIME_API": f"{HOST}:{self.cloud.runtime_port}",
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "LANG": "C.UTF-8",
            "NODE_EXTRA_CA_CERTS": "/gate/certificate.pem",
            "TZ": ":UTC",
        }


@dataclass(frozen=True, slots=True)
class Start:
    """Times from the process's start to its first poll for an event and to its first answer, and of a warm request.

    `calls` are the calls to AWS that the first request made.
    """

    init: Moment
    first: Moment
    later: Moment
    calls: tuple[str, ...]


async def start(function: Function, bench: Bench) -> Start:
    """Start a function once. Raise RuntimeError if it does not answer with an image in time."""
    with paused_container(function, bench.environment, bench.core, bench.work) as held:
        await asyncio.sleep(_START_SECONDS)
        bench.cloud.run = run = Run(held.read_processor, 1 + LATER_REQUESTS)
        begun = run.now()
        held.release()
        with suppress(TimeoutError):
            await asyncio.wait_for(run.finished.wait(), _TIMEOUT)
        run.ended.set()
        if [json.loads(answer).get("statusCode") for answer in run.answers] != [_OK] * (1 + LATER_REQUESTS):
            raise RuntimeError(f"{function.name} failed: {run.answers[:1]!r}\n{held.read_logs()}")
    later = [answered.since(asked) for asked, answered in zip(run.asked[1:-1], run.answered[1:], strict=True)]
    middle = Moment(
        *(statistics.median(values) for values in zip(*((m.wall, m.processor) for m in later), strict=True))
    )
    return Start(run.asked[0].since(begun), run.answered[0].since(begun), middle, tuple(sorted(run.calls)))
