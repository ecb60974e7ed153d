"""Converts log lines and notifications into steps, and steps into lines of text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from local.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN = ("status", "change", "purged", "bytes", "age", "seconds", "detail", "times")
"""Fields of a function's log line that are printed after its keys."""
UNITS = {"bytes": " B", "age": " s old", "seconds": " s"}
WIDTH = 96
"""Columns of a step's text, before the milliseconds."""


class Narrator:
    """Prints one aligned line per step."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Write lines with `write`."""
        self._write = write

    def write(self, step: Step) -> None:
        """Print a step; an error is followed by its stack trace."""
        if step.details.get("invalidation"):
            return  # the edge has reported the same invalidation with the number of dropped answers
        time = f"{step.milliseconds:8.0f} ms" if step.milliseconds else ""
        what = "".join(character if character.isprintable() else "�" for character in step.what)
        self._write(f"{step.number:>3}  {what:<{WIDTH}}{time}".rstrip())
        if step.details.get("level") in ("ERROR", "CRITICAL"):
            for line in str(step.details.get("exception", "")).splitlines():
                self._write(f"     | {line}")


def read_line(service: str, line: str) -> Step | None:
    """Parse a line that a function printed.

    A log line with a `step` becomes that step. Warnings, errors and lines that are not JSON become steps without a
    number. Return None for all other lines, including metrics (EMF).
    """
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return Step("", f"{service}: {line.replace(chr(13), ' ')}", 0.0, {"level": "INFO"}) if line.strip() else None
    if "_aws" in record:
        return None
    record.pop("location", None)  # a place in the code, not a redirect's target
    number = str(record.get("step", ""))
    if not number and record.get("level") not in ("WARNING", "ERROR", "CRITICAL"):
        return None
    return Step(number, _describe(service, record), _milliseconds(record), record)


def read_notification(body: str) -> list[Step]:
    """Return step A for each object in a notification of the source bucket; none for other messages."""
    try:
        records = json.loads(body)["Records"]
        return [_announce(record) for record in records]
    except (ValueError, KeyError, TypeError):
        return []


def _announce(record: dict[str, Any]) -> Step:
    entity = record["s3"]["object"]
    key = unquote_plus(entity["key"])
    size = f", {entity['size']:,} B" if "size" in entity else ""
    happened = datetime.fromisoformat(record["eventTime"])
    since = (datetime.now(UTC) - happened).total_seconds() * 1000
    details = {"key": key, "event": record["eventName"], "etag": entity.get("eTag", ""), "bytes": entity.get("size")}
    return Step("A", f"{record['eventName']} {key}{size}", max(since, 0.0), details)


def _describe(service: str, record: dict[str, Any]) -> str:
    text = f"{service}: {record.get('message', '')}"
    keys = record.get("keys", record.get("key", record.get("path")))
    if keys:
        text += f": {', '.join(keys) if isinstance(keys, list) else keys}"
    shown = [_show(name, record[name]) for name in SHOWN if record.get(name) not in (None, "", 0)]
    return text + (f" ({', '.join(shown)})" if shown else "")


def _show(name: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{part} {float(time):.0f}" for part, time in value.items())
    number = f"{value:,}" if isinstance(value, int) else str(value)
    return number + UNITS[name] if name in UNITS else f"{name} {number}"


def _milliseconds(record: dict[str, Any]) -> float:
    times = record.get("times")
    value = sum(times.values()) if isinstance(times, dict) else record.get("milliseconds", 0)
    return float(value) if isinstance(value, int | float) else 0.0
