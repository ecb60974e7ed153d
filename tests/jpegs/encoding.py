"""A JPEG with Huffman tables of its own as Pillow writes it, and the same by libjpeg alone."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from jpegs.cases import save
from jpegs.program import Program

if TYPE_CHECKING:
    from PIL.Image import Image


class Optimiser(Program):
    """Writes the coefficients of a file once more."""

    source = "optimise.c"

    def optimise(self, data: bytes, *, progressive: bool = False) -> bytes:
        self.send(struct.pack("=2I", len(data), progressive) + data)
        (size,) = struct.unpack("=I", self.receive(4))
        return self.receive(size)


def compare(optimiser: Optimiser, image: Image, *, progressive: bool = False, **options: Any) -> str | None:
    """Return the difference between Pillow's file and libjpeg's; None if they are equal."""
    usual = save(image, **options)
    found = save(image, optimize=True, progressive=progressive, **options)
    return difference(found, optimiser.optimise(usual, progressive=progressive))


def difference(found: bytes, expected: bytes) -> str | None:
    """Describe the first difference of two files; None if they are equal."""
    if found == expected:
        return None
    pairs = enumerate(zip(found, expected, strict=False))
    first = next((at for at, (one, other) in pairs if one != other), min(len(found), len(expected)))
    return f"{len(found)} bytes, not {len(expected)}, and from byte {first} on others"
