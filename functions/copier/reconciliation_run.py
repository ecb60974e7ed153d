"""A run of reconciliation: both buckets and the table are inspected in pieces, one message of the queue for each.

A schedule sends `{"Reconcile": {}}`, which begins a run unless one is in progress. Each piece writes its progress to
the table, and then sends the message for the next one. So the pieces of a run are done one after the other, use one
invocation at a time, and are repeated if the function dies. A duplicate message finds its piece done, and does nothing.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cloud import clients, clock, deadline, objects
from cloud.queue import continue_run
from cloud.table import progress
from cloud.table.progress import Overtaken, Progress
from cloud.telemetry import count, logger
from copier.notification import MalformedEvent
from copier.reconciliation import Difference, find_unsettled, inspect, keys_of, repair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copier.notification import Message
    from copier.reconciliation import Listed
    from copier.settings import Settings

PIECE_SECONDS = 30.0
"""How long a piece takes: short, because other messages wait for the same invocation."""
RESERVED_SECONDS = 30.0
"""Time left after the inspection of a key, to repair it and to continue: 5 to 8 s for each of three calls."""
ABANDONED_SECONDS = 21_600
"""A run without progress for so long has lost its message: it failed five times, which takes 1.5 h at most."""
TOO_LONG = "too many derivatives to inspect in one invocation"
KEYS, ROWS = "keys", "rows"
"""The stages: the keys of both buckets, and the rows of the table."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece did, and where the next one begins; `stage` is "" at the end of the run."""

    inspected: int
    repaired: int
    stage: str = ""
    after: str = ""


def is_piece(message: Message) -> bool:
    """Return whether a message requests a piece of a run."""
    try:
        body = _parse(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and "Reconcile" in body


def run_piece(message: Message, settings: Settings) -> None:
    """Do the piece that a message requests, and send the message for the next one.

    Raises `MalformedEvent`, and `botocore.exceptions.ClientError` and `BotoCoreError`: the message is retried.
    """
    request = _parse(message)["Reconcile"]
    if deadline.left() < PIECE_SECONDS + 2 * RESERVED_SECONDS:  # the batch had large copies: not a failure
        continue_run(settings.queue_url, request, 1)
        return
    try:
        run = _claim(message, request, settings)
        if run is None:
            logger.info("reconciliation piece already done, or another run in progress", extra={"request": request})
            return
        _advance(run, (_inspect_keys if run.stage == KEYS else _inspect_rows)(run.after, settings), settings)
    except Overtaken:
        logger.info("reconciliation piece done by another invocation", extra={"request": request})


def _parse(message: Message) -> Any:  # noqa: ANN401 (any JSON)
    return json.loads(message.body) if isinstance(message.body, str) else message.body


def _claim(message: Message, request: dict[str, Any], settings: Settings) -> Progress | None:
    """Return the run whose piece is next, or None if it is already done. Raises `Overtaken` and `MalformedEvent`."""
    known = progress.read(settings.table)
    name, piece = _read(message, request)
    if not request and (known is None or _is_abandoned(known)):
        begun = Progress(name, 1, KEYS, "", clock.now())
        progress.move(settings.table, begun, known)
        return begun
    if known is None or known.run != name:
        return None
    if known.piece == piece + 1 and message.receive_count > 1:  # it died before it sent the next message
        _send(known, settings)
    return known if known.piece == piece else None


def _read(message: Message, request: object) -> tuple[str, int]:
    """Return the requested run and piece. The schedule's message has neither: its id becomes the name of the run.

    Raises `MalformedEvent`.
    """
    if request == {}:
        return message.identifier, 1
    if isinstance(request, dict) and isinstance(request.get("Run"), str) and isinstance(request.get("Piece"), int):
        return request["Run"], request["Piece"]
    raise MalformedEvent(f"not a piece of a reconciliation: {request!r}")


def _is_abandoned(run: Progress) -> bool:
    return clock.now() - run.moved > ABANDONED_SECONDS * 1000


def _inspect_keys(after: str, settings: Settings) -> Piece:
    """Inspect and repair keys after this one, until the time is up."""
    inspected = repaired = 0
    end = time.monotonic() + PIECE_SECONDS
    for listed in keys_of(settings, after):
        if inspected and time.monotonic() >= end:
            return Piece(inspected, repaired, KEYS, after)
        repaired += _repair_key(listed, settings)
        inspected += 1
        after = listed.key
    return Piece(inspected, repaired, ROWS)


def _inspect_rows(after: str, settings: Settings) -> Piece:
    """Repair originals whose later pass is overdue, page by page after this row, until the time is up."""
    repaired = 0
    end = time.monotonic() + PIECE_SECONDS
    start = json.loads(after) if after else None
    while True:
        differences, start = find_unsettled(settings, start)
        _repair(differences, settings)
        repaired += len(differences)
        if start is None:
            return Piece(0, repaired)
        if time.monotonic() >= end:
            return Piece(0, repaired, ROWS, json.dumps(start))


def _repair_key(listed: Listed, settings: Settings) -> bool:
    """Inspect and repair a key, and return whether anything was repaired.

    Raises transient errors: the piece is repeated. Any other is logged, so that the next keys are still inspected.
    """
    try:
        differences = _inspect(listed, settings)
        _repair(differences, settings)
    except (*clients.AWS_ERRORS, objects.Uncertain, objects.Conflict) as error:
        if clients.is_transient(error):
            raise
        logger.exception("key could not be inspected", extra={"key": listed.key})
        count("Failures")
        return False
    return not all(difference.refused for difference in differences)


def _repair(differences: Sequence[Difference], settings: Settings) -> None:
    for each in {(difference.key, difference.stored): difference for difference in differences}.values():
        if each.refused:
            logger.warning("original %s", each.reason, extra={"key": each.key})
            continue
        logger.info("repairing a difference", extra={"key": each.stored or each.key, "reason": each.reason})
        repair(each, settings)


def _inspect(listed: Listed, settings: Settings) -> list[Difference]:
    try:
        with deadline.reserved(RESERVED_SECONDS):
            return inspect(listed, settings)
    except deadline.OutOfTime:
        return [Difference(listed.key, TOO_LONG)]


def _advance(run: Progress, piece: Piece, settings: Settings) -> None:
    """Write a run's progress, and continue or end it. Raises `Overtaken`."""
    count("Inspected", piece.inspected)
    count("Repaired", piece.repaired)
    following = replace(
        run,
        piece=run.piece + 1,
        stage=piece.stage,
        after=piece.after,
        moved=clock.now(),
        inspected=run.inspected + piece.inspected,
        repaired=run.repaired + piece.repaired,
    )
    if piece.stage:
        progress.move(settings.table, following, run)
        _send(following, settings)
        return
    progress.end(settings.table, run)
    totals = {"run": run.run, "pieces": run.piece, "inspected": following.inspected, "repaired": following.repaired}
    logger.info("reconciliation finished", extra=totals)


def _send(run: Progress, settings: Settings) -> None:
    continue_run(settings.queue_url, {"Run": run.run, "Piece": run.piece}, 0)
