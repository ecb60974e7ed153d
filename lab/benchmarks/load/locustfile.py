"""A mixed load, as a site makes it: 95 % cached, 4 % stored but not cached, 1 % new. For a local or a deployed stack.

`.venv/tools/load/bin/locust -f lab/benchmarks/load/locustfile.py --host https://CDN \
    --originals photos/cat.jpg -u 16 -t 5m`
"""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING

from gevent.pool import Pool
from locust import FastHttpUser, constant_throughput, events, task
from locust.contrib.fasthttp import FastHttpSession

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from locust.env import Environment

CACHED = 40
"""Derivatives that everybody asks for."""
PREPARERS = 4
"""How many derivatives are made at once before the load begins."""
WIDTHS = (120, 160, 240, 320)

cached: list[str] = []
stored: list[str] = []


@events.init_command_line_parser.add_listener
def add_arguments(parser: ArgumentParser) -> None:
    """Add what this file is told."""
    parser.add_argument("--originals", default="hubble.jpg", help="keys of originals, separated by commas")
    parser.add_argument(
        "--stored", type=int, default=200, help="how many derivatives to store before: 4 %% of the load"
    )
    parser.add_argument("--pace", type=float, default=0.0, help="requests a second of each user; 0: as many as it can")


@events.test_start.add_listener
def prepare(environment: Environment, **_: object) -> None:
    """Warm the cache, and have derivatives stored that no cache has: those under /resize/, which is another path."""
    options = environment.parsed_options
    originals = options.originals.split(",")
    cached[:] = [name_new(originals) for _ in range(CACHED)]
    stored[:] = [name_new(originals) for _ in range(options.stored)]
    session = FastHttpSession(environment, base_url=environment.host, user=None)
    pool = Pool(PREPARERS)
    # Twice: the second answer is the stored one, which a cache keeps.
    for path in [*cached, *cached, *(f"resize/{path}" for path in stored)]:
        pool.spawn(session.get, f"/{path}", name="preparation")
    pool.join()
    environment.stats.reset_all()


def name_new(originals: list[str]) -> str:
    """Return the path of a derivative that nobody has asked for: `v=` changes no pixel, but it is another key."""
    return f"{random.choice(WIDTHS)}x,f=webp,v={uuid.uuid4().hex}/{random.choice(originals)}"  # noqa: S311 - no secret


class Visitor(FastHttpUser):
    """Somebody who looks at one image after another."""

    def wait_time(self) -> float:
        """Return the seconds until the next request."""
        pace = self.environment.parsed_options.pace
        return float(constant_throughput(pace)(self)) if pace else 0.0

    @task(95)
    def see_cached(self) -> None:
        """Ask for what the edge has."""
        self.client.get(f"/{random.choice(cached)}", name="cached")  # noqa: S311 - no secret

    @task(4)
    def see_stored(self) -> None:
        """Ask for what only the bucket has; the edge has it afterwards, so each of them is good for once."""
        if stored:
            self.client.get(f"/{stored.pop()}", name="stored")

    @task(1)
    def see_new(self) -> None:
        """Ask for what has to be made, and follow the redirect to it."""
        self.client.get(f"/{name_new(self.environment.parsed_options.originals.split(','))}", name="new")
