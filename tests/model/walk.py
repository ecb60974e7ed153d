"""Random walks through the same service: nothing is shrunk, but several times as many fit into a minute.

Each walk leaves out some kinds of events and favours others (swarm testing, https://doi.org/10.1145/2338965.2336763).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from model.loading import CACHE_CONTROLS, DAMAGED, TRANSFORMS, WATERMARK
from model.scheduler import Outcome
from model.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable

WEIGHTS = (0, 1, 2, 4)
STEPS = (6, 40)
OUTCOMES: list[Outcome] = [outcome for outcome in Outcome if outcome is not Outcome.DONE]
SECONDS = (1, 29, 31, 241, 241, 600, 90_000)


class Walk:
    """One walk, which its seed determines."""

    def __init__(self, seed: int) -> None:
        """Choose what this walk is made of."""
        random.seed(seed)  # the functions' own, for what waits a random time
        self._random = random.Random(seed)  # noqa: S311 (chooses, guards nothing)
        self._service = Service()
        if seed % 2:
            self._service.deliver_privately()
        self._contents = self._random.choice([[b"A", b"B"], [b"A", b"B"], [b"A", b"B", b"C"], [b"A", DAMAGED]])
        self._types = self._random.choice([["image/png"], ["image/png"], ["image/png", "text/plain"]])
        # Of its own, so that all else in a walk stays what it was before there were headers.
        self._headers = random.Random(f"headers {seed}")  # noqa: S311 (as above)
        self._cache_controls = self._headers.choice([[""], ["", *CACHE_CONTROLS]])
        self._keys = self._random.choice([["a"], ["a"], ["a", "a", "b"], ["a", WATERMARK], ["a", "a", WATERMARK]])
        self._transforms = TRANSFORMS if WATERMARK in self._keys else TRANSFORMS[:2]
        self._promptness = self._random.choice([0.3, 0.8, 0.9])
        self._outcomes: list[Outcome] = self._random.choice(
            [OUTCOMES, [Outcome.CRASH], [self._random.choice(OUTCOMES)]]
        )
        self._actions = self._weighed()
        self.trace: list[str] = []

    def _weighed(self) -> list[Callable[[], None]]:
        always = [self._upload, self._deliver, self._step]
        sometimes = [
            self._finish,
            self._delete,
            self._restore,
            self._view,
            self._view_made,
            self._pass_on,
            self._duplicate,
            self._pass_time,
            self._expire,
            self._happen_late,
            self._disturb,
            self._tick,
            self._lose,
        ]
        weighed = [action for action in always for _ in range(self._random.choice(WEIGHTS[1:]))]
        return weighed + [action for action in sometimes for _ in range(self._random.choice(WEIGHTS))]

    def run(self) -> None:
        """Walk, and raise AssertionError where something does not hold."""
        random.seed(self._random.random())  # the functions' own jitter
        try:
            self._service.begin(self._random.choice(["nothing", "an original", "a watermark", "all"]))
            for _ in range(self._random.randint(*STEPS)):
                self._random.choice(self._actions)()
                self._service.check_meanwhile()
            self._service.check_at_rest()
        finally:
            self._service.close()

    def _which(self) -> int:
        return self._random.randrange(6)

    def _whole(self) -> bool:
        """Say whether what begins now is done at once: few slow ones among many prompt ones meet the most races."""
        return self._random.random() < self._promptness

    def _key(self) -> str:
        return self._random.choice(self._keys)

    def _upload(self) -> None:
        key, content, content_type = self._key(), self._random.choice(self._contents), self._random.choice(self._types)
        self._service.upload(key, content, content_type, self._headers.choice(self._cache_controls))

    def _delete(self) -> None:
        self._service.delete(self._key())

    def _restore(self) -> None:
        self._service.remove_latest_version(self._key())

    def _view(self) -> None:
        self._service.view(self._which(), whole=self._whole())

    def _view_made(self) -> None:
        self._service.view_made(self._random.choice(self._transforms), self._key(), whole=self._whole())

    def _pass_on(self) -> None:
        self._service.pass_on(self._which())

    def _deliver(self) -> None:
        self._service.deliver(self._which(), self._random.choice([0, 0, 0, 1, 2]), whole=self._whole())

    def _duplicate(self) -> None:
        self._service.duplicate(self._which())

    def _tick(self) -> None:
        self._service.tick()

    def _lose(self) -> None:
        self._service.lose(self._which())

    def _pass_time(self) -> None:
        self._service.pass_time(self._random.choice(SECONDS))

    def _expire(self) -> None:
        self._service.expire()

    def _happen_late(self) -> None:
        self._service.happen_late()

    def _step(self) -> None:
        self._service.step(self._which(), self._random.randint(1, 4))

    def _finish(self) -> None:
        self._service.finish(self._which())

    def _disturb(self) -> None:
        self._service.disturb(self._which(), self._random.choice(self._outcomes))
