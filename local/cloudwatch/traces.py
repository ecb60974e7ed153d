"""The steps of a first request for an image, found by the id in its header `x-amzn-RequestId`."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.steps import Step

KEPT: Final = 20_000
"""Maximum number of steps; the oldest are dropped. A first request has about fifteen."""
PREFIX: Final = "/resize"
_NUMBERED: Final = 12
"""Steps 1 to 12 are sorted by number; then come steps without a number, and 13."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A step, and when it was observed, in seconds since 1970."""

    step: Step
    seen: float = field(default_factory=time.time)


class Traces:
    """Records steps, as an observer of the stack, and finds those of a request."""

    def __init__(self) -> None:
        """Start with none."""
        self._observations: deque[Observation] = deque(maxlen=KEPT)

    def record(self, step: Step) -> None:
        """Record a step."""
        self._observations.append(Observation(step))

    def find(self, request_id: str) -> list[Observation]:
        """Return the steps of a first request in the workflow's order, including the redirect before it."""
        answers = [observation for observation in self._observations if _has_request_id(observation, request_id)]
        if not answers:
            return []
        edge_ids = {answer.step.details.get("edge_id") for answer in answers}
        edge_ids |= self._find_redirect(answers[0])
        found = [
            observation
            for observation in self._observations
            if observation.step.details.get("correlation_id") == request_id
            or observation.step.details.get("edge_id", "") in edge_ids
        ]
        return sorted(found, key=_place)

    def render(self, request_id: str) -> str:
        """Return these steps as a table, with the milliseconds since the first one; "" for an unknown id."""
        observations = self.find(request_id)
        if not observations:
            return ""
        first = min(observation.seen for observation in observations)
        rows = [f"request {request_id}", f"{'step':>4}  {'at ms':>7}  {'took ms':>7}  what"]
        for observation in observations:
            step = observation.step
            took = f"{step.milliseconds:7.0f}" if step.milliseconds else " " * 7
            rows.append(f"{step.number:>4}  {(observation.seen - first) * 1000:7.0f}  {took}  {step.what}")
        return "\n".join(rows) + "\n"

    def _find_redirect(self, answer: Observation) -> set[object]:
        """Return the edge's id of the last request that was redirected to this one, if there is one."""
        path = str(answer.step.details.get("path", "")).removeprefix(PREFIX)
        ids: Sequence[object] = [
            observation.step.details.get("edge_id")
            for observation in self._observations
            if observation.step.number == "5"
            and observation.step.details.get("path") == path
            and observation.seen <= answer.seen
        ]
        return set(ids[-1:])


def _place(observation: Observation) -> int:
    number = observation.step.number
    return min(int(number), _NUMBERED + 2) if number.isdecimal() else _NUMBERED + 1


def _has_request_id(observation: Observation, request_id: str) -> bool:
    """Tell whether this is API Gateway's answer with this id; a cached answer (2) has the id of an earlier request."""
    return observation.step.number != "2" and observation.step.details.get("request_id") == request_id
