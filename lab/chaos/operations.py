"""Operations of the clients, drawn from a seed: changes of originals, and far more requests for images."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class Action(Enum):
    """The kind of an operation."""

    VIEW = "view"
    HEAD = "head"
    OVERWRITE = "upload or overwrite"
    REUPLOAD = "upload the same bytes again"
    REPLACE_AND_REVERT = "overwrite, and revert at once"
    DELETE = "delete"
    RESTORE = "restore an older version, or a deleted one"


WEIGHTS: Final = {
    Action.VIEW: 70,
    Action.HEAD: 6,
    Action.OVERWRITE: 11,
    Action.REUPLOAD: 3,
    Action.REPLACE_AND_REVERT: 3,
    Action.DELETE: 3,
    Action.RESTORE: 4,
}
"""In percent."""
NAMES: Final = ("photos/cat {}.img", "a+b/{}.img", "größe/{}.img", "{}")
"""Keys; some need percent-encoding."""
POPULAR: Final = ("40x", "64x48", "48x,f=webp", "96x,f=auto", "32x32,fit=cover", "")
POPULAR_SHARE: Final = 0.8
SKEW: Final = 1.5
"""Exponent of the popularity; 1 is uniform. At 1.5, the first of 100 originals gets a twentieth of all operations."""
WIDTHS: Final = range(32, 96, 4)
FORMATS: Final = ("", ",f=webp", ",f=png", ",f=jpeg", ",f=avif", ",f=auto")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `transforms` are those of the requests: of a view, or of the views right after a change."""

    action: Action
    key: int
    transforms: tuple[str, ...]


def object_key(key: int) -> str:
    """Return the S3 key of an original, by its number."""
    return NAMES[key % len(NAMES)].format(key)


def operations(number: int, keys: int, seed: int) -> Iterator[Operation]:
    """Yield `number` operations on `keys` originals; the first operations upload each of them."""
    dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
    for key in range(min(keys, number)):
        yield Operation(Action.OVERWRITE, key, ())
    for _ in range(number - keys):
        action = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        key = int(keys * dice.random() ** SKEW)
        viewers = 1 if action in (Action.VIEW, Action.HEAD) else dice.randrange(3)
        yield Operation(action, key, tuple(_transform(dice) for _ in range(viewers)))


def _transform(dice: random.Random) -> str:
    if dice.random() < POPULAR_SHARE:
        return dice.choice(POPULAR)
    return f"{dice.choice(WIDTHS)}x{dice.choice(FORMATS)}"
