"""What an operator does after faults: waits until the queue is empty, redrives, reconciles."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Final

from local.emulator.process import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack import Stack

MAX_WAIT: Final = 1200.0
"""Seconds until the queue must be empty."""
EMPTY_COUNTS: Final = 3
"""Counts of a queue are approximate: it is taken for empty after so many counts of 0 in a row."""


class QueueNotEmptyError(Exception):
    """The queue was not empty in time."""


class Recovery:
    """The commands of `python -m ops`, run on a stack as its operator runs them; `findings` lists their failures."""

    def __init__(self, stack: Stack, pending: Callable[[], int], report_progress: Callable[[str], None]) -> None:
        """Prepare; `pending` returns the number of effects that are still to come."""
        self.findings: list[str] = []
        self._stack = stack
        self._pending = pending
        self._report_progress = report_progress
        self._queues = stack.emulator.client("sqs")

    async def wait_until_empty(self) -> None:
        """Wait until the queue is empty and no effect is pending. Raises QueueNotEmptyError."""
        end = time.monotonic() + MAX_WAIT
        empty = 0
        while empty < EMPTY_COUNTS:
            if time.monotonic() > end:
                raise QueueNotEmptyError(f"the queue was not empty after {MAX_WAIT:.0f} s")
            waiting = await self._count("queue")
            empty = 0 if waiting or self._pending() else empty + 1
            self._report_progress(f"{waiting} messages in the queue, {self._pending()} effects pending")
            await asyncio.sleep(0.5)

    async def redrive(self) -> int:
        """Show the dead letters, put them back, and wait until the queue is empty; return their number.

        There may be more than the first count: messages that failed for the last time are only moved when they are due.
        """
        number = await self._count("dead_letters")
        if not number:
            return 0
        self._report_progress(f"redriving {number} dead letters")
        for arguments, pattern in (((), r"^(\d+) dead letters"), (("--apply",), r"^(\d+) dead letters were put back")):
            status, output = await self._run("redrive", *arguments)
            found = re.search(pattern, output, re.MULTILINE)
            if status or found is None or int(found[1]) < number:
                self.findings.append(f"`make redrive {' '.join(arguments)}` of {number} letters: {output[-500:]}")
            else:
                number = int(found[1])
        await self.wait_until_empty()
        return number

    async def check_dead_letters(self) -> None:
        """Report dead letters that are left: nothing fails any more, so they can never be handled."""
        if left := await self._count("dead_letters"):
            self.findings.append(f"{left} dead letters failed again after the redrive")

    async def reconcile(self, *, apply: bool = False) -> str:
        """Return the differences between the buckets and the index, or ""; with `apply` they are repaired."""
        self._report_progress("reconciling")
        status, output = await self._run("reconcile", *(["--apply"] if apply else []))
        if apply:
            if status:
                self.findings.append(f"`make reconcile APPLY=1` printed: {output[-500:]}")
            await self.wait_until_empty()
        return "" if output == "Nothing differs.\n" else output

    async def _count(self, name: str) -> int:
        """Return the number of a queue's messages: visible, being handled, and delayed."""
        url = self._stack.describe()[name]
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        answer = await asyncio.to_thread(self._queues.get_queue_attributes, QueueUrl=url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    async def _run(self, command: str, *arguments: str) -> tuple[int, str]:
        """Run a command of `python -m ops`, and return its exit status and output."""
        emulator = self._stack.emulator
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ops", command, "--stack", self._stack.options.name),
            *("--local", emulator.url, *arguments),
            cwd=ROOT,
            env={"AWS_REGION": emulator.region, "HOME": os.devnull},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()
