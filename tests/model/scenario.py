"""Scenarios in words: a line is an event, and a process that was stopped "until" a call goes on when a line says so."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from model.loading import WATERMARK
from model.scheduler import Outcome
from model.service import Service

if TYPE_CHECKING:
    from model.scheduler import Task
    from model.simulation import Job

OUTCOMES = {
    "step": Outcome.DONE,
    "crash": Outcome.CRASH,
    "refuse": Outcome.REFUSED,
    "time-out": Outcome.LATE,
    "repeat": Outcome.REPEATED,
}


def play(scenario: str) -> None:
    """Play lines and come to rest. Raises AssertionError where something does not hold.

    private                                in front of everything: a private bucket, and no redirects
    begin nothing | an original | a watermark | all      what there is at first
    upload A [TYPE [CACHE-CONTROL]], delete, restore      a person changes the original `a`
    watermark A [CACHE-CONTROL], delete watermark, restore watermark      a person changes the watermark
    copy, make 9x9, view PATH              the copy function gets the newest message, an edge asks
    copy the oldest                        the copy function gets the oldest message
    pass on PATH                           an edge asks a regional cache, which asks the website if it has nothing
    ... until CALL                         as above, but it stops before that call
    step N, finish N         the Nth of those that were stopped makes its call, or goes on to its end
    crash N, refuse N, time-out N          it dies, its call is refused, or comes to pass only when late calls happen
    repeat N                               its call is done, the answer lost, and the call made again
    wait SECONDS, late calls happen
    expire                                 lifecycle rules and the table's TTL do what is due, after a day
    tick, lose                             a reconciliation begins, the newest message ends among the dead letters
    """
    random.seed(0)  # the functions' own, for what waits a random time
    service = Service()
    stopped: list[Task] = []
    try:
        for line in filter(None, map(str.strip, scenario.splitlines())):
            _play_line(line, service, stopped)
            service.check_meanwhile()
        service.check_at_rest()
    finally:
        service.close()


def _play_line(line: str, service: Service, stopped: list[Task]) -> None:
    verb, _, rest = line.partition(" ")
    event, _, call = line.partition(" until ")
    if verb == "begin":
        service.begin(rest)
    elif verb == "upload":
        content, _, headers = rest.partition(" ")
        content_type, _, cache_control = headers.partition(" ")
        service.upload("a", content.encode(), content_type or "image/png", cache_control)
    elif verb == "watermark":
        content, _, cache_control = rest.partition(" ")
        service.upload(WATERMARK, content.encode(), "image/png", cache_control)
    elif verb == "wait":
        service.pass_time(int(rest))
    elif verb == "finish":
        service.simulation.finish(stopped[int(rest)])
    elif verb in OUTCOMES:
        service.simulation.faults += verb != "step"
        for part in stopped[int(rest)].parts:
            part.step(OUTCOMES[verb])
    elif line in _PLAIN:
        getattr(service, _PLAIN[line][0])(*_PLAIN[line][1])
    elif call:
        stopped.append(_begin(_job(event, service), call, service))
    else:
        _job(event, service).work()


_PLAIN = {
    "private": ("deliver_privately", ()),
    "delete": ("delete", ("a",)),
    "restore": ("remove_latest_version", ("a",)),
    "tick": ("tick", ()),
    "expire": ("expire", ()),
    "lose": ("lose", (-1,)),
    "delete watermark": ("delete", (WATERMARK,)),
    "restore watermark": ("remove_latest_version", (WATERMARK,)),
    "late calls happen": ("happen_late", ()),
}


def _job(event: str, service: Service) -> Job:
    verb, _, rest = event.partition(" ")
    if verb == "copy":
        waiting = service.simulation.queue.visible()
        return service.simulation.deliver([waiting[0 if rest == "the oldest" else -1].number])
    if verb == "make":
        return service.simulation.view_made(rest, "a")
    path = rest.removeprefix("on ")
    regional = service.simulation.edge.regional(path) if verb == "pass" else None
    return service.simulation.pass_on(regional) if regional else service.simulation.view(path)


def _begin(job: Job, call: str, service: Service) -> Task:
    task = service.simulation.start(job)
    while call not in [part.waiting_for for part in (task, *task.parts)]:
        assert not task.ended, f"it ended before {call}"
        for part in task.parts:
            part.step()
    return task
