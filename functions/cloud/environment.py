"""Numbers that the deployment tells a function by its environment."""

from __future__ import annotations

import os
import sys


def read_number(name: str, least: int = 0, most: int = sys.maxsize) -> int:
    """Return a variable that is a whole number between two limits.

    Raises KeyError or ValueError, which names the variable and stops the function from starting.
    """
    text = os.environ[name]
    try:
        number = int(text)
    except ValueError as error:
        raise ValueError(f"{name} is no whole number: {text!r}") from error
    if not least <= number <= most:
        raise ValueError(f"{name} is {number}, and not from {least} to {most}")
    return number
