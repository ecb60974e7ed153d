"""Where a pass over an original goes on that has more derivatives than one message handles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from cloud.table import originals
from cloud.table.rows import OriginalRow

Value = TypeVar("Value", str, int)


@dataclass(frozen=True, slots=True)
class Cursor:
    """After which range key a pass goes on, what the original's row said when it began, and how many it has purged.

    The row is from the beginning, because what was seen on the pages before holds only while it has not changed.
    """

    after: str
    row: OriginalRow | None
    purged: int

    def written(self) -> dict[str, Any]:
        """Return it as JSON, for a message."""
        row = None if self.row is None else {"Etag": self.row.etag, "Since": self.row.since, "Rounds": self.row.rounds}
        return {"After": self.after, "Row": row, "Purged": self.purged}


def read(message: dict[str, Any]) -> Cursor | None:
    """Return the cursor in a message, or None where it begins. Raises KeyError and TypeError for one that is none."""
    if "After" not in message:
        return None
    row = message["Row"]
    return Cursor(
        after=_checked(message["After"], str),
        row=None if row is None else _read_row(row),
        purged=_checked(message["Purged"], int),
    )


def _read_row(row: dict[str, Any]) -> OriginalRow:
    rounds = _checked(row["Rounds"], int) if "Rounds" in row else originals.ROUNDS  # older code's messages have none
    return OriginalRow(_checked(row["Etag"], str), _checked(row["Since"], int), rounds)


def _checked(value: object, kind: type[Value]) -> Value:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value
