"""Huffman tables as DHT writes them: the usual ones, and any others that are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from random import Random

LONGEST = 16


@dataclass(frozen=True)
class Table:
    """How many codes there are of each length from 1, and the symbols in the order of their codes."""

    counts: tuple[int, ...]
    symbols: bytes

    @cached_property
    def codes(self) -> dict[int, str]:
        """The code of each symbol, in digits (figure C.2)."""
        lengths = [length for length, count in enumerate(self.counts, 1) for _ in range(count)]
        codes: dict[int, str] = {}
        code, before = 0, 0
        for symbol, length in zip(self.symbols, lengths, strict=True):
            code <<= length - before
            codes[symbol] = f"{code:0{length}b}"
            code, before = code + 1, length
        return codes

    def segment(self, kind: int, number: int) -> bytes:
        """Write it as a table of DC (kind 0) or AC (1)."""
        body = bytes([kind << 4 | number, *self.counts]) + self.symbols
        return b"\xff\xc4" + (len(body) + 2).to_bytes(2) + body


def usual_tables() -> dict[tuple[int, int], Table]:
    """Read the tables of annex K.3 from a file of Pillow's, by kind and number."""
    data = BytesIO()
    Image.new("RGB", (1, 1)).save(data, "JPEG")
    file, tables = data.getvalue(), {}
    at = file.find(b"\xff\xc4")
    while file[at : at + 2] == b"\xff\xc4":
        end = at + 2 + int.from_bytes(file[at + 2 : at + 4])
        table = Table(tuple(file[at + 5 : at + 21]), file[at + 21 : end])
        tables[file[at + 4] >> 4, file[at + 4] & 15] = table
        at = end
    return tables


def random_table(symbols: bytes, random: Random) -> Table:
    """Give codes to the symbols: by splitting leaves of a tree, the shallow ones or the deep ones first.

    The last code, all ones, stays free, as it has to; sometimes others do too.
    """
    leaves = [0]
    order = random.choice((min, max, random.choice))
    while len(leaves) < len(symbols) + random.choice((1, 1, 2, 9)):
        splittable = [depth for depth in leaves if depth < LONGEST]
        # A deep tree has no room for many: of 16 levels, it keeps the upper ones for those that are to come.
        if order is max and len(symbols) - len(leaves) > LONGEST - 2:
            splittable = [depth for depth in splittable if depth < LONGEST // 2] or splittable
        depth = order(splittable)
        leaves.remove(depth)
        leaves += [depth + 1] * 2
    lengths = sorted(leaves)[: len(symbols)]
    return Table(tuple(lengths.count(length) for length in range(1, LONGEST + 1)), symbols)
