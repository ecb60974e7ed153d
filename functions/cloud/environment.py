"""Numbers in environment variables."""

from __future__ import annotations

import os
import sys


def read_number(name: str, least: int = 0, most: int = sys.maxsize) -> int:
    """Return the whole number of a variable, between two limits (inclusive).

    Raises KeyError or ValueError with the variable's name, which stops the function from starting.
    """
    text = os.environ[name]
    try:
        number = int(text)
    except ValueError as error:
        raise ValueError(f"{name} must be a whole number, not {text!r}") from error
    if not least <= number <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {number}")
    return number
