"""What holds once all events, and the later passes that follow from them, are handled."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cloud.provenance import OWNER_CACHE_CONTROL
from cloud.table.derivatives import ROW_DAYS
from grammar.transform import looks_like_transform
from model.loading import DESTINATION, MARK, SOURCE, WATERMARK, made_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.fake_edge import Cached
    from model.fake_s3 import Stored
    from model.simulation import Simulation

KEYS = ("a", "b", WATERMARK)


def broken(simulation: Simulation) -> list[str]:
    """Return what does not hold, in words."""
    return [
        *simulation.bugs,
        *_copies_that_differ(simulation),
        *_stale_derivatives(simulation),
        *_stale_answers(simulation),
        *_rows_for_ever(simulation),
        *_runs_for_ever(simulation),
        *_rows_that_nobody_finds(simulation),
        *_rows_of_failed_renders(simulation),
        *_needless_invalidations(simulation),
    ]


def stale_while_idle(simulation: Simulation) -> list[str]:
    """Return what is left to a later pass, although nothing has failed and nothing is at work.

    That should only be what some edge was fetching: what was stored, or cached, before an original changed is gone.
    """
    if simulation.faults or simulation.failures or simulation.scheduler.runnable():
        return []

    def was_stored_before(answer: Cached) -> bool:
        return any(answer.stored < simulation.changed_at.get(key, 0) for key in _originals(answer.path))

    if simulation.queue.has_unfinished_pass():  # the first page of a pass purges the copy of the original
        return [
            *_stale_answers(
                simulation, DESTINATION, lambda answer: was_stored_before(answer) and not _parsed(answer.path)[0]
            )
        ]
    return [*_stale_derivatives(simulation), *_stale_answers(simulation, DESTINATION, was_stored_before)]


def _copies_that_differ(simulation: Simulation) -> Iterator[str]:
    for key in KEYS:
        source, copy = (simulation.s3.current(bucket, key) for bucket in (SOURCE, DESTINATION))
        if _shown(source) != _shown(copy):
            yield f"the copy of {key} is {_shown(copy)}, the original {_shown(source)}"
        elif copy and copy.headers["CacheControl"] != _allowed(_said(source)):
            yield f"the copy of {key} is {copy.headers['CacheControl']}, its owner says {_said(source)!r}"


def _shown(stored: Stored | None) -> tuple[bytes | None, str] | None:
    """Return what a viewer gets of an original: its bytes, and their Content-Type."""
    return None if stored is None else (stored.body, stored.headers["ContentType"])


def _said(*stored: Stored | None) -> str:
    """Return what the owners of originals or of their copies say about caching."""
    return " and ".join(
        each.metadata.get(OWNER_CACHE_CONTROL, "")
        if "cache-tag" in each.metadata
        else each.headers.get("CacheControl", "")
        for each in stored
        if each
    )


def _allowed(said: str) -> str:
    """Return the Cache-Control of what is stored where owners say `CACHE_CONTROLS`, or nothing."""
    seconds = 60 if "max-age=60" in said else 3600
    if "private" in said:
        return f"private, max-age={seconds}"
    return f"public, max-age={seconds}, s-maxage={60 if 'max-age=60' in said else 31_536_000}"


def _is_cached_too_long(answer: Cached, said: str) -> bool:
    return "private" in said or ("max-age=60" in said and answer.expires - answer.stored > 60_000)


def _stale_derivatives(simulation: Simulation) -> Iterator[str]:
    for stored_key in simulation.s3.keys(DESTINATION):
        transform, key = _parsed(stored_key)
        derivative = simulation.s3.current(DESTINATION, stored_key)
        if not transform or derivative is None:
            continue
        rows = [("original-etag", key, transform)]
        if transform.endswith(MARK):
            rows.append(("watermark-etag", WATERMARK, f"~{stored_key}"))
        said = _said(*(simulation.s3.current(DESTINATION, original) for _, original, _ in rows))
        if derivative.headers["CacheControl"] != _allowed(said):
            yield f"{stored_key} is {derivative.headers['CacheControl']}, the owners say {said!r}"
        for name, original, row in rows:
            current = simulation.s3.current(DESTINATION, original)
            if current is None or derivative.metadata[name].split(" ")[0] != current.etag:
                yield f"{stored_key} is made of {original}, which is gone: {derivative.body!r}"
            if (f"original#{original}", row) not in simulation.table.items:
                yield f"{stored_key} has no row under {original}"


def _parsed(path: str) -> tuple[str, str]:
    """Return the transform ("" for none) and the original's key of a path."""
    transform, _, key = path.removeprefix("resize/").partition("/")
    return (transform, key) if looks_like_transform(transform) else ("", path)


def _originals(path: str) -> list[str]:
    """Return the keys of the originals of a path, each once."""
    transform, key = _parsed(path)
    return list(dict.fromkeys([key, WATERMARK] if transform.endswith(MARK) else [key]))


def _stale_answers(
    simulation: Simulation, bucket: str = SOURCE, counts: Callable[[Cached], bool] = lambda _: True
) -> Iterator[str]:
    """Yield the answers that count and are not of the originals in a bucket."""
    for answer in filter(counts, simulation.edge.alive()):
        transform, _ = _parsed(answer.path)
        keys = _originals(answer.path)
        stored = [simulation.s3.current(bucket, key) for key in keys]
        bodies = [each.body for each in stored if each and each.body is not None]
        if answer.tags.split(",") != [_tag(key) for key in keys]:
            yield f"an answer to {answer.path} can't be purged"
        if _is_cached_too_long(answer, _said(*stored)):
            yield f"an edge has {answer.path} until {answer.expires}, the owners say {_said(*stored)!r}"
        if len(bodies) < len(keys):
            yield f"an edge has {answer.path} of an original that is gone"
        elif transform:
            mark = bodies[-1] if transform.endswith(MARK) else None
            if answer.body != made_of(bodies[0], transform, mark):
                yield f"an edge has {answer.path} of an original that was changed: {answer.body!r}"
        elif (answer.body, answer.content_type) != _shown(stored[0]):
            yield f"an edge has an original {answer.path} that was changed: {answer.body!r} {answer.content_type}"


def _tag(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


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


def _rows_that_nobody_finds(simulation: Simulation) -> Iterator[str]:
    """A row under a watermark without a derivative has its twin, so that it goes when the photograph changes."""
    for name, derivative in simulation.table.items:
        stored_key = derivative.removeprefix("~")
        if stored_key == derivative or simulation.s3.current(DESTINATION, stored_key):
            continue
        transform, key = _parsed(stored_key)
        if (f"original#{key}", transform) not in simulation.table.items:
            yield f"the row of {stored_key} under {name} is left, and nobody finds it"


def _rows_of_failed_renders(simulation: Simulation) -> Iterator[str]:
    """Where nothing has died or changed, a render that failed leaves no row behind, which would count and stay."""
    for name, derivative in simulation.table.items:
        key = name.removeprefix("original#")
        stored_key = derivative[1:] if derivative.startswith("~") else f"{derivative}/{key}"
        undisturbed = not simulation.faults and simulation.changes.get(key) == 1
        if undisturbed and derivative != "#" and stored_key not in simulation.held:
            yield f"the row of {derivative} of {key} stands for nothing"


def _needless_invalidations(simulation: Simulation) -> Iterator[str]:
    """A new original costs none, whatever fails, dies or runs side by side with a twin."""
    for key in KEYS:
        if simulation.changes.get(key) == 1 and _tag(key) in simulation.edge.tags:
            yield f"the new original {key} was invalidated"
