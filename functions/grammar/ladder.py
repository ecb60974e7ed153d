"""Sizes that are asked for go up to the next rung of a ladder, so that pages of any width share their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

from .options import MAX_SIDE

Box = tuple[int | None, int | None]
"""Width and height in pixels, before `dpr` multiplies them; None for an open side."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The sides that are made, in pixels and ascending, and the boxes that are kept as they are: those of presets.

    Without any rung, every box is kept. The edge's function does the same (`template.yaml`), and a test compares them.
    """

    rungs: tuple[int, ...] = ()
    kept: frozenset[Box] = frozenset()

    def snap(self, box: Box) -> Box:
        """Return the box that is made: its width, or its height if it has no other side, goes up to the next rung.

        What is beyond the last rung comes down to it. The other side is scaled by the same factor and rounded half up,
        to 1 to `MAX_SIDE` pixels. What has been snapped stays as it is.
        """
        width, height = box
        asked = width or height
        if not self.rungs or asked is None or box in self.kept:
            return box
        rung = next((rung for rung in self.rungs if rung >= asked), self.rungs[-1])
        if width is None or height is None:
            return (None, rung) if width is None else (rung, None)
        return rung, min(max((2 * height * rung + asked) // (2 * asked), 1), MAX_SIDE)


NO_LADDER = Ladder()
