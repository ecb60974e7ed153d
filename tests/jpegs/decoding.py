"""A JPEG decoded by Pillow, and the same by libjpeg alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from io import BytesIO

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from jpegs.damage import EOI
from jpegs.program import Program

OUTCOMES = ("ended", "broken", "truncated")
FEW = 100
"""Bytes of which libjpeg decodes an MCU with care: of more than 512 for each block it tries to do it quickly, and where
that meets a marker leaves what it has written."""
COLOURS = {"L": (0, "L", 1), "RGB": (1, "RGBX", 4), "YCbCr": (2, "YCbCr", 3), "CMYK": (3, "CMYK", 4)}
"""By the image's mode: what reference.c calls it, Pillow's name for the bytes in memory, how many they are."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a file is decoded: in pieces of so many bytes, to 1/scale of its size, fast or well, from RGB to a mode."""

    piece: int = 65536
    scale: int = 1
    is_draft: bool = False
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """The result; of a refused file it has the pixels of some lines."""

    outcome: str
    mode: str
    size: tuple[int, int]
    pixels: bytes
    lines: int = 0
    warnings: int = 0
    shortfalls: int = 0


def open_image(data: bytes, way: Way) -> JpegImageFile | None:
    """Open a file to be decoded that way; None where its header already is too much for Pillow."""
    try:
        image = JpegImageFile(BytesIO(data))
    except (SyntaxError, OSError):
        return None
    image.draft(way.mode, None)
    width, height = (-(-length // way.scale) for length in image.size)
    (tile,) = image.tile
    image.tile = [tile._replace(extents=(0, 0, width, height))]
    image._size = width, height
    image.decoderconfig = (way.scale, int(way.is_draft))
    image.decodermaxblock = way.piece
    return image


def decode_by_pillow(image: JpegImageFile) -> Decoded:
    """Load an image that `open_image` opened."""
    try:
        image.load()
        outcome = "ended"
    except OSError as error:
        outcome = "truncated" if "truncated" in str(error) else "broken"
    pixels = Image.new(image.mode, (1, 1))._new(image.im)
    return Decoded(outcome, image.mode, image.size, pixels.tobytes("raw", COLOURS[image.mode][1]))


class Reference(Program):
    """Decodes one file after the other."""

    source = "reference.c"

    def decode(self, data: bytes, way: Way, mode: str, size: tuple[int, int]) -> Decoded:
        """Decode to an image of that mode and size, which Pillow takes from the header."""
        number, _, channels = COLOURS[mode]
        self.send(struct.pack("=7I", len(data), way.piece, *size, way.scale, way.is_draft, number) + data)
        outcome, lines, warnings, shortfalls = struct.unpack("=4I", self.receive(16))
        pixels = self.receive(size[0] * size[1] * channels)
        return Decoded(OUTCOMES[outcome], mode, size, pixels, lines, warnings, shortfalls)


def difference(found: Decoded, expected: Decoded) -> str | None:
    """Describe the first visible difference of two results; None if there is none."""
    if found.outcome != expected.outcome:
        return f"{found.outcome}, not {expected.outcome}"
    if (found.mode, found.size) != (expected.mode, expected.size):
        return f"{found.mode} of {found.size}, not {expected.mode} of {expected.size}"
    if found.pixels == expected.pixels or found.outcome != "ended":  # pixels of a refused file are not shown
        return None
    pairs = zip(found.pixels, expected.pixels, strict=True)
    wrong = [at for at, (one, other) in enumerate(pairs) if one != other]
    y, x = divmod(wrong[0] // COLOURS[found.mode][2], found.size[0])
    return (
        f"{len(wrong)} wrong levels of {len(found.pixels)} ({found.outcome}), the first at ({x}, {y}):"
        f" {found.pixels[wrong[0]]}, not {expected.pixels[wrong[0]]}"
    )


def compare(reference: Reference, data: bytes, way: Way) -> tuple[str | None, Decoded | None]:
    """Return the difference between Pillow and libjpeg, and libjpeg's result; None if Pillow does not open the file."""
    image = open_image(data, way)
    if image is None:
        return None, None
    expected = reference.decode(data, way, image.mode, image.size)
    found = decode_by_pillow(image)
    if (found.outcome, expected.outcome) == ("ended", "truncated"):
        # It ends behind the last pixel, or libjpeg refuses it with an end, too, or makes bits up for it.
        whole = reference.decode(data + EOI, way, image.mode, image.size)
        if whole.shortfalls == expected.shortfalls:
            data, expected = data + EOI, whole
    if (found.outcome, expected.outcome) == ("ended", "broken") and expected.lines == image.height:
        expected = replace(expected, outcome="ended")  # the damage is behind the last pixel, and was not read here
    if found.outcome == expected.outcome == "ended" and found.pixels != expected.pixels:
        with_care = reference.decode(data + EOI, replace(way, piece=FEW), image.mode, image.size)
        expected = with_care if with_care.outcome == "ended" else expected
    return difference(found, expected), expected
