"""The durations and the loop count of animations, as their formats can hold them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from imaging.picture import MAX_DURATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imaging.formats import Format
    from imaging.picture import Frame

MAX_PLAYS = 65_535
"""The highest count that GIF and WebP can hold, in 16 bits; APNG has 32."""

_LONGEST_PNG, _LONGEST_GIF = 65_535, 655_350
"""Milliseconds that Pillow can write: 16 bits, of hundredths of a second in GIF. `write_delays` mends APNG's."""

_HUNDREDTH = 10
"""A hundredth of a second in milliseconds: GIF's unit of time (GIF89a specification, section 23)."""


def merge_repeats(frames: list[Frame]) -> list[Frame]:
    """Show a repeated frame longer instead. Pillow's writers do so too, but their sum may overflow the file's field."""
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
    """Return the options of Pillow's writer for frames that are played `plays` times (0: for ever)."""
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": [frame.image for frame in frames[1:]],
        "duration": [frame.duration for frame in frames],
    }
    longest = {"png": _LONGEST_PNG, "gif": _LONGEST_GIF}.get(fmt.name, MAX_DURATION)
    options["duration"] = [min(duration, longest) for duration in options["duration"]]
    if fmt.name != "gif":
        return options | {"loop": min(plays, MAX_PLAYS)}
    options["duration"] = in_hundredths(options["duration"])
    # GIF counts repetitions: none for an animation that is played once
    return options if plays == 1 else options | {"loop": min(max(plays - 1, 0), MAX_PLAYS)}


def in_hundredths(durations: list[int]) -> list[int]:
    """Round durations, in milliseconds, so that each frame ends at the nearest hundredth of a second.

    Durations above a hundredth become two at least, since browsers show frames of one or none for ten.
    """
    ends = [(end + _HUNDREDTH // 2) // _HUNDREDTH * _HUNDREDTH for end in accumulate(durations, initial=0)]
    steps = [end - start for start, end in pairwise(ends)]
    return [
        max(step, 2 * _HUNDREDTH) if duration > _HUNDREDTH else step
        for step, duration in zip(steps, durations, strict=True)
    ]


def write_plays(data: bytes, plays: int) -> bytes:
    """Return an AVIF of libavif's with the number of plays in its tracks: it writes that they repeat for ever."""
    if not plays:
        return data
    changed = bytearray(data)
    for track in _tracks(data):
        header, edits = data.find(b"tkhd", track), data.find(b"elst", track)
        if header < 0 or edits < 0 or data[header + 4] != 1 or data[edits + 4] != 1:
            continue
        (once,) = struct.unpack_from(">Q", data, edits + 12)
        changed[edits + 7] |= 1  # "repeat", in the flags
        struct.pack_into(">Q", changed, header + 32, once * plays)
    return bytes(changed)


def _tracks(data: bytes) -> Iterator[int]:
    start = data.find(b"moov")
    end = start + int.from_bytes(data[start - 4 : start])
    while start >= 0 and (start := data.find(b"trak", start + 4, end)) >= 0:
        yield start


def mark_alpha(data: bytes) -> bytes:
    """Declare that a moving WebP has alpha (RFC 9649, section 2.7).

    libwebp does not where only its disposal makes pixels transparent, and browsers then show black.
    """
    return data[:20] + bytes([data[20] | 0x10]) + data[21:] if data[12:16] == b"VP8X" else data


def write_delays(data: bytes, durations: list[int]) -> bytes:
    """Return an APNG with these milliseconds as its frames' delays: fractions, for which Pillow takes thousandths only.

    (https://www.w3.org/TR/png-3/#fcTL-chunk)
    """
    changed = bytearray(data)
    position = 0
    for duration in durations:
        position = data.index(b"fcTL", position) + 4
        by = next(by for by in (1, 10, 100, 1000) if duration < by * _LONGEST_PNG)
        struct.pack_into(">HH", changed, position + 20, round(duration / by), 1000 // by)
        struct.pack_into(">I", changed, position + 26, zlib.crc32(changed[position - 4 : position + 26]))
    return bytes(changed)
