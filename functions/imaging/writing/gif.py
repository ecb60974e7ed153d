"""Moving GIF: one palette for all frames while it fits, and unchanged pixels transparent, which costs few bytes."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image, ImageChops
from PIL.GifImagePlugin import getdata
from PIL.Image import Dither, Quantize

from imaging.writing.animation import MAX_PLAYS, in_hundredths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image as PillowImage

    from imaging.picture import Frame

_COLOURS = 255
_UNCHANGED = 255
"""The index of the transparent colour, behind all others."""

_NEAR, _BETTER = 4, 0.6
"""A frame gets its own palette if the common one is off by more levels on average, and its own by this share."""

_LONGEST = 65_535
_WHOLE_CODES = 0xF7
"""A screen with a table of 256 colours of 8 bits (GIF89a specification, section 18)."""


def write_opaque_gif(frames: Sequence[Frame], plays: int) -> bytes:
    """Return a GIF of opaque frames of one size, played `plays` times (0: for ever).

    Without dithering, which would flicker from frame to frame. A pixel that does not change in the frames does not
    change in the file, whatever palette they have.
    """
    images = [frame.image.convert("RGB") for frame in frames]
    size = images[0].size
    reduced = _reduce(images)
    table = _palette(reduced[0])
    body = [b"GIF89a", struct.pack("<HHBBB", *size, _WHOLE_CODES, 0, 0), table]
    if plays != 1:  # repetitions are counted, and none is an animation that is played once
        body.append(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", min(max(plays - 1, 0), MAX_PLAYS), 0))
    durations = in_hundredths([frame.duration for frame in frames])
    body.append(_write(reduced[0], (0, 0), durations[0], with_table=False))
    shown = reduced[0].convert("RGB")
    for (before, image), part, duration in zip(pairwise(images), reduced[1:], durations[1:], strict=True):
        colours = part.convert("RGB")
        changed = ImageChops.multiply(_differs(before, image), _differs(shown, colours))
        shown.paste(colours, mask=changed)
        part.paste(_UNCHANGED, mask=ImageChops.invert(changed))
        box = changed.getbbox() or (0, 0, 1, 1)
        body.append(_write(part.crop(box), (box[0], box[1]), duration, with_table=_palette(part) != table))
    return b"".join((*body, b";"))


def _reduce(images: list[PillowImage]) -> list[PillowImage]:
    """Return the frames in mode P with a common palette of at most 255 colours, or with their own where it is poor."""
    width, height = images[0].size
    montage = Image.new("RGB", (width, height * len(images)))
    for index, image in enumerate(images):
        montage.paste(image, (0, index * height))
    common = montage.quantize(_COLOURS, Quantize.MEDIANCUT, dither=Dither.NONE)
    parts = [common.crop((0, index * height, width, (index + 1) * height)) for index in range(len(images))]
    return [parts[0], *(_choose(image, part) for image, part in zip(images[1:], parts[1:], strict=True))]


def _choose(image: PillowImage, part: PillowImage) -> PillowImage:
    off = _distance(image, part)
    if off <= _NEAR:
        return part
    own = image.quantize(_COLOURS, Quantize.MEDIANCUT, dither=Dither.NONE)
    return own if _distance(image, own) < _BETTER * off else part


def _distance(image: PillowImage, reduced: PillowImage) -> float:
    counts = ImageChops.difference(image, reduced.convert("RGB")).convert("L").histogram()
    return sum(level * count for level, count in enumerate(counts)) / (image.width * image.height)


def _differs(one: PillowImage, other: PillowImage) -> PillowImage:
    """Return 255 where two RGB images differ, 0 elsewhere."""
    red, green, blue = ImageChops.difference(one, other).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue).point([0] + [255] * 255)


def _palette(image: PillowImage) -> bytes:
    return bytes(image.getpalette() or b"")[: 3 * _COLOURS].ljust(3 * 256, b"\0")


def _write(image: PillowImage, at: tuple[int, int], duration: int, *, with_table: bool) -> bytes:
    """Return the blocks of a picture; time that its field can't hold is that of pictures that change nothing."""
    image.putpalette(_palette(image))
    options = {"transparency": _UNCHANGED, "disposal": 1}
    blocks = getdata(image, at, duration=min(duration, 10 * _LONGEST), include_color_table=with_table, **options)
    rest = duration - 10 * _LONGEST
    if rest <= 0:
        return b"".join(blocks)
    nothing = Image.new("P", (1, 1), _UNCHANGED)
    nothing.putpalette(_palette(image))
    return b"".join((*blocks, _write(nothing, (0, 0), rest, with_table=False)))
