"""What people do with the service, drawn from a seed: changes of originals, and far more requests for images."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class Action(Enum):
    """What is done with an original."""

    VIEW = "view"
    HEAD = "head"
    OVERWRITE = "upload or overwrite"
    AGAIN = "the same bytes again"
    THERE_AND_BACK = "another one, and at once the first again"
    DELETE = "delete"
    RESTORE = "restore an older version, or a deleted one"


WEIGHTS: Final = {
    Action.VIEW: 70,
    Action.HEAD: 6,
    Action.OVERWRITE: 11,
    Action.AGAIN: 3,
    Action.THERE_AND_BACK: 3,
    Action.DELETE: 3,
    Action.RESTORE: 4,
}
"""In percent."""
NAMES: Final = ("photos/cat {}.img", "a+b/{}.img", "größe/{}.img", "{}")
"""Keys; some take care to encode."""
POPULAR: Final = ("40x", "64x48", "48x,f=webp", "96x,f=auto", "32x32,fit=cover", "")
SHARE_OF_POPULAR: Final = 0.8
SKEW: Final = 1.5
"""1 would ask for, and change, each original as often as any other; of 100 the first gets a twentieth of it all."""
WIDTHS: Final = range(32, 96, 4)
FORMATS: Final = ("", ",f=webp", ",f=png", ",f=jpeg", ",f=avif", ",f=auto")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that is done. `transform` is that of a request; after a change, the viewers' who come at once."""

    action: Action
    key: int
    transforms: tuple[str, ...]


def name_of(key: int) -> str:
    """Return the key under which the original of this number is stored."""
    return NAMES[key % len(NAMES)].format(key)


def operations(number: int, keys: int, seed: int) -> Iterator[Operation]:
    """Yield so many operations on so many originals: every one is uploaded first."""
    dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
    for key in range(min(keys, number)):
        yield Operation(Action.OVERWRITE, key, ())
    for _ in range(number - keys):
        action = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        key = int(keys * dice.random() ** SKEW)
        viewers = 1 if action in (Action.VIEW, Action.HEAD) else dice.randrange(3)
        yield Operation(action, key, tuple(_transform(dice) for _ in range(viewers)))


def _transform(dice: random.Random) -> str:
    if dice.random() < SHARE_OF_POPULAR:
        return dice.choice(POPULAR)
    return f"{dice.choice(WIDTHS)}x{dice.choice(FORMATS)}"
