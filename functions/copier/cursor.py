"""Where a pass continues over an original that has more derivatives than one message handles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from cloud.table import originals
from cloud.table.rows import OriginalRow

Value = TypeVar("Value", str, int)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last range key of the page before, the original's row when the pass began, and how many were purged so far.

    The row is from the beginning, because what was read on earlier pages holds only while the row is unchanged.
    """

    after: str
    row: OriginalRow | None
    purged: int

    def to_json(self) -> dict[str, Any]:
        """Return the cursor as JSON, for a message."""
        row = None if self.row is None else {"Etag": self.row.etag, "Since": self.row.since, "Rounds": self.row.rounds}
        return {"After": self.after, "Row": row, "Purged": self.purged}


def read(message: dict[str, Any]) -> Cursor | None:
    """Return a message's cursor, or None for the first page. Raises KeyError and TypeError for a malformed one."""
    if "After" not in message:
        return None
    row = message["Row"]
    return Cursor(
        after=checked(message["After"], str),
        row=None if row is None else _read_row(row),
        purged=checked(message["Purged"], int),
    )


def _read_row(row: dict[str, Any]) -> OriginalRow:
    rounds = checked(row["Rounds"], int) if "Rounds" in row else originals.ROUNDS  # messages of older code have none
    return OriginalRow(checked(row["Etag"], str), checked(row["Since"], int), rounds)


def checked(value: object, kind: type[Value]) -> Value:
    """Return a value of JSON. Raises TypeError unless it is of this type."""
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value
