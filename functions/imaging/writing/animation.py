"""What is said of frames when they are written: for how long each is shown, and how often all of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from imaging.picture import MAX_DURATION

if TYPE_CHECKING:
    from imaging.formats import Format
    from imaging.picture import Frame

_HUNDREDTH = 10
"""Of a second, in milliseconds: GIF's unit of time (GIF89a specification, section 23)."""


def merge_repeats(frames: list[Frame]) -> list[Frame]:
    """Show a frame longer instead of twice; Pillow's writers do too, but their sum may not fit the file's field."""
    merged: list[Frame] = []
    last = b""
    for frame in frames:
        pixels = frame.image.convert("RGB" if frame.image.mode == "P" else "RGBA").tobytes()
        if merged and pixels == last:
            merged[-1] = replace(merged[-1], duration=min(merged[-1].duration + frame.duration, MAX_DURATION))
        else:
            merged.append(frame)
        last = pixels
    return merged


def animate(frames: list[Frame], plays: int, fmt: Format) -> dict[str, Any]:
    """Return what the writer is to be told of frames that are shown `plays` times, 0 being for ever."""
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": [frame.image for frame in frames[1:]],
        "duration": [frame.duration for frame in frames],
    }
    if fmt.name != "gif":
        return options | {"loop": plays}
    options["duration"] = _in_hundredths(options["duration"])
    # GIF counts repetitions, so that once is none
    return options if plays == 1 else options | {"loop": max(plays - 1, 0)}


def _in_hundredths(durations: list[int]) -> list[int]:
    """Return durations as GIF can have them, in milliseconds: each frame ends at the nearest hundredth of a second.

    What is longer than a hundredth has two at least, since browsers show a frame of one, or of none, for ten.
    """
    ends = [(end + _HUNDREDTH // 2) // _HUNDREDTH * _HUNDREDTH for end in accumulate(durations, initial=0)]
    steps = [end - start for start, end in pairwise(ends)]
    return [
        max(step, 2 * _HUNDREDTH) if asked > _HUNDREDTH else step for step, asked in zip(steps, durations, strict=True)
    ]
