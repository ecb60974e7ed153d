"""The steps of one first hit, found by the id that its user sees in the header `x-amzn-RequestId`."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.steps import Step

KEPT: Final = 20_000
"""Steps; older ones are forgotten. A first hit has about fifteen."""
PREFIX: Final = "/resize"
_NUMBERED: Final = 12
"""Steps 1 to 12; behind them comes what has no number, and then 13."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A step, and when it was seen, in seconds since 1970."""

    step: Step
    seen: float = field(default_factory=time.time)


class Traces:
    """Keeps steps, as an observer of the stack, and finds those of one request."""

    def __init__(self) -> None:
        """Start with none."""
        self._moments: deque[Moment] = deque(maxlen=KEPT)

    def tell(self, step: Step) -> None:
        """Keep a step."""
        self._moments.append(Moment(step))

    def find(self, request_id: str) -> list[Moment]:
        """Return the steps of a first hit in the workflow's order: of the redirect that led to it, too."""
        asked = [moment for moment in self._moments if _is_asked_for(moment, request_id)]
        if not asked:
            return []
        edge_ids = {moment.step.details.get("edge_id") for moment in asked} | self._find_redirect(asked[0])
        found = [
            moment
            for moment in self._moments
            if moment.step.details.get("correlation_id") == request_id
            or moment.step.details.get("edge_id", "") in edge_ids
        ]
        return sorted(found, key=_place)

    def render(self, request_id: str) -> str:
        """Return these steps as a table, with the milliseconds since the first of them, or nothing."""
        moments = self.find(request_id)
        if not moments:
            return ""
        first = min(moment.seen for moment in moments)
        rows = [f"request {request_id}", f"{'step':>4}  {'at ms':>7}  {'took ms':>7}  what"]
        for moment in moments:
            step = moment.step
            took = f"{step.milliseconds:7.0f}" if step.milliseconds else " " * 7
            rows.append(f"{step.number:>4}  {(moment.seen - first) * 1000:7.0f}  {took}  {step.what}")
        return "\n".join(rows) + "\n"

    def _find_redirect(self, asked: Moment) -> set[object]:
        """Return the edge's id of the request that was redirected last to what was asked for, if there is one."""
        path = str(asked.step.details.get("path", "")).removeprefix(PREFIX)
        ids: Sequence[object] = [
            moment.step.details.get("edge_id")
            for moment in self._moments
            if moment.step.number == "5" and moment.step.details.get("path") == path and moment.seen <= asked.seen
        ]
        return set(ids[-1:])


def _place(moment: Moment) -> int:
    number = moment.step.number
    return min(int(number), _NUMBERED + 2) if number.isdecimal() else _NUMBERED + 1


def _is_asked_for(moment: Moment, request_id: str) -> bool:
    """Tell whether API Gateway answered with this id here; a cached answer (2) says that of an earlier request."""
    return moment.step.number != "2" and moment.step.details.get("request_id") == request_id
