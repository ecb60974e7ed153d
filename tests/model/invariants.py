"""What holds once all events, and the second passes that follow from them, are handled."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cloud.index import ROW_DAYS
from model.loading import DESTINATION, SOURCE, made_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.fake_edge import Cached
    from model.fake_s3 import Stored
    from model.simulation import Simulation

KEYS = ("a", "b")


def broken(simulation: Simulation) -> list[str]:
    """Return what does not hold, in words."""
    return [
        *simulation.bugs,
        *_copies_that_differ(simulation),
        *_stale_derivatives(simulation),
        *_stale_answers(simulation),
        *_rows_for_ever(simulation),
        *_runs_for_ever(simulation),
        *_rows_of_failed_renders(simulation),
        *_needless_invalidations(simulation),
    ]


def stale_while_idle(simulation: Simulation) -> list[str]:
    """Return what is left to a second pass, although nothing has failed and nothing is at work.

    That should only be what some edge was fetching: what was stored, or cached, before an original changed is gone.
    """
    if simulation.faults or simulation.failures or simulation.scheduler.runnable():
        return []
    seen_by = (DESTINATION, lambda answer: answer.stored < simulation.changed_at.get(_original(answer.path)[1], 0))
    return [*_stale_derivatives(simulation), *_stale_answers(simulation, *seen_by)]


def _copies_that_differ(simulation: Simulation) -> Iterator[str]:
    for key in KEYS:
        source, copy = (simulation.s3.current(bucket, key) for bucket in (SOURCE, DESTINATION))
        if _shown(source) != _shown(copy):
            yield f"the copy of {key} is {_shown(copy)}, the original {_shown(source)}"


def _shown(stored: Stored | None) -> tuple[bytes | None, str] | None:
    """Return what a viewer gets of an original: its bytes, and what type they are said to be."""
    return None if stored is None else (stored.body, stored.headers["ContentType"])


def _stale_derivatives(simulation: Simulation) -> Iterator[str]:
    for stored_key in simulation.s3.keys(DESTINATION):
        transform, _, key = stored_key.rpartition("/")
        if not transform:
            continue
        derivative = simulation.s3.current(DESTINATION, stored_key)
        original = simulation.s3.current(DESTINATION, key)
        if derivative and (original is None or derivative.metadata["original-etag"] != original.etag):
            yield f"{stored_key} is made of an original that is gone: {derivative.body!r}"
        if (f"original#{key}", transform) not in simulation.table.items:
            yield f"{stored_key} has no row"


def _original(path: str) -> tuple[str, str]:
    """Return the transform ("" for none) and the original's key of a path."""
    transform, _, key = path.removeprefix("resize/").rpartition("/")
    return transform, key


def _stale_answers(
    simulation: Simulation, bucket: str = SOURCE, counts: Callable[[Cached], bool] = lambda _: True
) -> Iterator[str]:
    """Yield the answers that count and are not of the originals in a bucket."""
    for answer in filter(counts, simulation.edge.alive()):
        transform, key = _original(answer.path)
        original = simulation.s3.current(bucket, key)
        if answer.tag != hashlib.sha256(key.encode()).hexdigest():
            yield f"an answer to {answer.path} can't be purged"
        if original is None or original.body is None:
            yield f"an edge has {answer.path} of an original that is gone"
        elif transform and answer.body != made_of(original.body, transform):
            yield f"an edge has {answer.path} of an original that was changed"
        elif not transform and (answer.body, answer.content_type) != _shown(original):
            yield f"an edge has an original {answer.path} that was changed: {answer.body!r} {answer.content_type}"


def _rows_for_ever(simulation: Simulation) -> Iterator[str]:
    longest = (ROW_DAYS + 1) * 86_400
    for (name, derivative), item in simulation.table.items.items():
        if derivative != "#":
            if not 0 < int(item["expires"]["N"]) - simulation.clock // 1000 < longest:
                yield f"the row of {derivative} expires at {item['expires']}"
        elif name.startswith("original#"):
            if not simulation.s3.current(DESTINATION, name.removeprefix("original#")):
                yield f"a row of {name} is left, which is gone"
            elif item["since"]["N"] != "0":
                yield f"the row of {name} never settled"


def _runs_for_ever(simulation: Simulation) -> Iterator[str]:
    if run := simulation.table.items.get(("reconciliation#", "#")):
        yield f"a reconciliation never ended: {run}"


def _rows_of_failed_renders(simulation: Simulation) -> Iterator[str]:
    """Where nothing has died or changed, a render that failed leaves no row behind, which would count and stay."""
    for name, derivative in simulation.table.items:
        key = name.removeprefix("original#")
        undisturbed = not simulation.faults and simulation.changes.get(key) == 1
        if undisturbed and derivative != "#" and f"{derivative}/{key}" not in simulation.held:
            yield f"the row of {derivative} of {key} stands for nothing"


def _needless_invalidations(simulation: Simulation) -> Iterator[str]:
    """A new original costs none, whatever fails, dies or runs side by side with a twin."""
    for key in KEYS:
        if simulation.changes.get(key) == 1 and hashlib.sha256(key.encode()).hexdigest() in simulation.edge.tags:
            yield f"the new original {key} was invalidated"
