"""A run of reconciliation: both buckets and the table are gone through in pieces, each by a message of the queue.

A schedule sends `{"Reconcile": {}}`, which begins a run unless one is under way. A piece notes in the table how far it
came, and then sends the message for the next one. So pieces of a run come one after the other, take one invocation at a
time among those of the queue's other messages, and are repeated where a function died. A message that comes twice finds
that its piece is done, and ends there.
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
from copier.reconciliation import Difference, inspect, keys_of, look_at_table, repair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copier.notification import Message
    from copier.settings import Settings

PIECE_SECONDS = 30.0
"""How long a piece takes: other messages of the same batch, and of the same invocation, don't wait much longer."""
RESERVED_SECONDS = 30.0
"""What is left after the inspection of a key, to have it repaired and to go on: 5 to 8 s for each of three calls."""
ABANDONED_SECONDS = 21_600
"""A run that came no further for so long has lost its message: it failed five times, which takes 1.5 h at most."""
TOO_LONG = "too much of it to look at in one invocation"
KEYS, ROWS = "keys", "rows"
"""The stages: the keys of both buckets, and the rows of the table."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What was done, and where the next piece begins; no stage is left where there is none."""

    inspected: int
    repaired: int
    stage: str = ""
    after: str = ""


def is_due(message: Message) -> bool:
    """Return whether a message asks for a piece of a run."""
    try:
        body = _parse(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and "Reconcile" in body


def go_on(message: Message, settings: Settings) -> None:
    """Do the piece that a message asks for, and send the message for the next one.

    Raises `MalformedEvent`, and `botocore.exceptions.ClientError` and `BotoCoreError`: the message is tried again.
    """
    request = _parse(message)["Reconcile"]
    if deadline.left() < PIECE_SECONDS + 2 * RESERVED_SECONDS:  # the batch had large copies: not as a failure
        continue_run(settings.queue_url, request, 1)
        return
    try:
        run = _claim(message, request, settings)
        if run is None:
            logger.info("this piece of a reconciliation is done, or another run is under way", extra={"asked": request})
            return
        _advance(run, (_go_through_keys if run.stage == KEYS else _go_through_rows)(run.after, settings), settings)
    except Overtaken:
        logger.info("another invocation has done this piece of a reconciliation", extra={"asked": request})


def _parse(message: Message) -> Any:  # noqa: ANN401 (whatever was sent)
    return json.loads(message.body) if isinstance(message.body, str) else message.body


def _claim(message: Message, request: dict[str, Any], settings: Settings) -> Progress | None:
    """Return the run whose piece is to be done now, or None. Raises `Overtaken` and `MalformedEvent`."""
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
    """Return the run and its piece that are asked for: the schedule's message has neither, and gives the run its name.

    Raises `MalformedEvent`.
    """
    if request == {}:
        return message.identifier, 1
    if isinstance(request, dict) and isinstance(request.get("Run"), str) and isinstance(request.get("Piece"), int):
        return request["Run"], request["Piece"]
    raise MalformedEvent(f"no piece of a reconciliation: {request!r}")


def _is_abandoned(run: Progress) -> bool:
    return clock.now() - run.moved > ABANDONED_SECONDS * 1000


def _go_through_keys(after: str, settings: Settings) -> Piece:
    """Inspect keys behind the one that is named, and have repaired what differs, until the time is up."""
    inspected = repaired = 0
    end = time.monotonic() + PIECE_SECONDS
    for key in keys_of(settings, after):
        if inspected and time.monotonic() >= end:
            return Piece(inspected, repaired, KEYS, after)
        repaired += _mend(key, settings)
        inspected += 1
        after = key
    return Piece(inspected, repaired, ROWS)


def _go_through_rows(after: str, settings: Settings) -> Piece:
    """Have repaired what lost a later pass, page by page behind the row that is named, until the time is up."""
    repaired = 0
    end = time.monotonic() + PIECE_SECONDS
    start = json.loads(after) if after else None
    while True:
        differences, start = look_at_table(settings, start)
        _repair(differences, settings)
        repaired += len(differences)
        if start is None:
            return Piece(0, repaired)
        if time.monotonic() >= end:
            return Piece(0, repaired, ROWS, json.dumps(start))


def _mend(key: str, settings: Settings) -> bool:
    """Have repaired what is wrong with a key, and return whether anything was.

    Raises what passes: the piece is repeated. What does not pass is logged, and keeps no other key from its turn.
    """
    try:
        differences = _look(key, settings)
        _repair(differences, settings)
    except (*clients.AWS_ERRORS, objects.Uncertain, objects.Conflict) as error:
        if clients.is_passing(error):
            raise
        logger.exception("a key could not be inspected", extra={"key": key})
        count("Failures")
        return False
    return bool(differences)


def _repair(differences: Sequence[Difference], settings: Settings) -> None:
    for each in {(difference.key, difference.stored): difference for difference in differences}.values():
        logger.info("a difference is repaired", extra={"key": each.stored or each.key, "reason": each.reason})
        repair(each, settings)


def _look(key: str, settings: Settings) -> list[Difference]:
    try:
        with deadline.reserved(RESERVED_SECONDS):
            return inspect(key, settings)
    except deadline.OutOfTime:
        return [Difference(key, TOO_LONG)]


def _advance(run: Progress, piece: Piece, settings: Settings) -> None:
    """Note how far a run came, and let it go on, or end. Raises `Overtaken`."""
    count("Inspected", piece.inspected)
    count("Repaired", piece.repaired)
    come = replace(
        run,
        piece=run.piece + 1,
        stage=piece.stage,
        after=piece.after,
        moved=clock.now(),
        inspected=run.inspected + piece.inspected,
        repaired=run.repaired + piece.repaired,
    )
    if piece.stage:
        progress.move(settings.table, come, run)
        _send(come, settings)
        return
    progress.end(settings.table, run)
    totals = {"run": run.run, "pieces": run.piece, "inspected": come.inspected, "repaired": come.repaired}
    logger.info("both buckets and the index were compared", extra=totals)


def _send(run: Progress, settings: Settings) -> None:
    continue_run(settings.queue_url, {"Run": run.run, "Piece": run.piece}, 0)
