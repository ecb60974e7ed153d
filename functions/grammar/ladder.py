"""A ladder of sizes: requested sizes are rounded up to the next rung, so that different pages share derivatives."""

from __future__ import annotations

from dataclasses import dataclass

from .options import MAX_SIDE

Box = tuple[int | None, int | None]
"""Width and height in pixels, before `dpr` multiplies them; None for an open side."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The allowed sides in pixels, ascending, and the boxes that stay as they are: those of presets.

    Without rungs every box stays as it is. The edge function does the same, and a test compares the two.
    """

    rungs: tuple[int, ...] = ()
    kept: frozenset[Box] = frozenset()

    def snap(self, box: Box) -> Box:
        """Round the box's width, or its height if the width is open, up to the next rung.

        A side longer than the last rung becomes the last rung. The other side is scaled by the same factor, rounded
        half up, to 1 to `MAX_SIDE` pixels. Snapping is idempotent.
        """
        width, height = box
        side = width or height
        if not self.rungs or side is None or box in self.kept:
            return box
        rung = next((rung for rung in self.rungs if rung >= side), self.rungs[-1])
        if width is None or height is None:
            return (None, rung) if width is None else (rung, None)
        return rung, min(max((2 * height * rung + side) // (2 * side), 1), MAX_SIDE)


NO_LADDER = Ladder()
