"""A mixed load as of a web site: 95 % cached, 4 % stored but not cached, 1 % new. For a local or deployed stack.

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
"""Number of cached derivatives."""
PREPARERS = 4
"""Concurrent requests of the preparation."""
WIDTHS = (120, 160, 240, 320)

cached: list[str] = []
stored: list[str] = []


@events.init_command_line_parser.add_listener
def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this file."""
    parser.add_argument("--originals", default="hubble.jpg", help="keys of originals, separated by commas")
    parser.add_argument(
        "--stored", type=int, default=200, help="derivatives to store before the test: 4 %% of the load"
    )
    parser.add_argument("--pace", type=float, default=0.0, help="requests a second of each user; 0 for no limit")


@events.test_start.add_listener
def prepare(environment: Environment, **_: object) -> None:
    """Fill the cache, and store derivatives without caching them: under /resize/, another cache key."""
    options = environment.parsed_options
    originals = options.originals.split(",")
    cached[:] = [new_path(originals) for _ in range(CACHED)]
    stored[:] = [new_path(originals) for _ in range(options.stored)]
    session = FastHttpSession(environment, base_url=environment.host, user=None)
    pool = Pool(PREPARERS)
    # Twice: the second response is the stored image, which the edge caches.
    for path in [*cached, *cached, *(f"resize/{path}" for path in stored)]:
        pool.spawn(session.get, f"/{path}", name="preparation")
    pool.join()
    environment.stats.reset_all()


def new_path(originals: list[str]) -> str:
    """Return the path of a new derivative: `v=` changes the key, but no pixel."""
    return f"{random.choice(WIDTHS)}x,f=webp,v={uuid.uuid4().hex}/{random.choice(originals)}"  # noqa: S311 - not a secret


class Visitor(FastHttpUser):
    """A user who requests one image after another."""

    def wait_time(self) -> float:
        """Return the seconds until the next request."""
        pace = self.environment.parsed_options.pace
        return float(constant_throughput(pace)(self)) if pace else 0.0

    @task(95)
    def view_cached(self) -> None:
        """Request an image that the edge has cached."""
        self.client.get(f"/{random.choice(cached)}", name="cached")  # noqa: S311 - not a secret

    @task(4)
    def view_stored(self) -> None:
        """Request an image that is stored but not cached; the edge caches it, so that each is used once."""
        if stored:
            self.client.get(f"/{stored.pop()}", name="stored")

    @task(1)
    def view_new(self) -> None:
        """Request a new image, and follow the redirect."""
        self.client.get(f"/{new_path(self.environment.parsed_options.originals.split(','))}", name="new")
