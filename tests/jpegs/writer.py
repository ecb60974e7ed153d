"""Writes JPEGs that Pillow does not: of any sampling, tables, scans and coefficients.

It codes symbols as they come, and never sees a pixel: what they mean is the decoder's business.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from jpegs.huffman import random_table, usual_tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jpegs.huffman import Table

BASELINE, EXTENDED = 0xC0, 0xC1
AC_SYMBOLS = bytes(run << 4 | size for run in range(16) for size in range(11) if size or run in {0, 15})
USUAL = usual_tables()


@dataclass(frozen=True, slots=True)
class Component:
    """Its sampling factors, and the numbers of its tables."""

    across: int
    down: int
    dc: int
    ac: int


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything of a file but its coefficients; scans name their components by index."""

    size: tuple[int, int]
    components: tuple[Component, ...]
    tables: dict[tuple[int, int], Table]
    scans: tuple[tuple[int, ...], ...]
    marker: int = BASELINE
    restart: int = 0
    adobe: int | None = None
    quantization: int = 1
    declares: bool = True
    """Whether the Huffman tables are in the file: Motion JPEG leaves out the usual ones."""

    def blocks(self, scan: tuple[int, ...]) -> tuple[int, list[int]]:
        """Count the MCUs of a scan, and name the component of each block of one (A.2)."""
        most = [max(getattr(each, way) for each in self.components) for way in ("across", "down")]
        if len(scan) > 1:
            units = [-(-length // (8 * factor)) for length, factor in zip(self.size, most, strict=True)]
            parts = [(index, self.components[index]) for index in scan]
            return units[0] * units[1], [index for index, part in parts for _ in range(part.across * part.down)]
        own = (self.components[scan[0]].across, self.components[scan[0]].down)
        lengths = [-(-length * part // whole) for length, part, whole in zip(self.size, own, most, strict=True)]
        return -(-lengths[0] // 8) * -(-lengths[1] // 8), list(scan)


@dataclass(frozen=True, slots=True)
class Style:
    """What blocks are made of: the sizes of DC's differences and the symbols of AC, and how many the latter are."""

    dc: tuple[int, ...]
    ac: tuple[int, ...]
    most: int
    bits: str = "01"
    """Of which digits the numbers consist: of ones only, all are as large as their size allows."""


def code_block(dc: Table, ac: Table, style: Style, random: Random) -> str:
    """Code a block; it may run beyond its 64 coefficients, if the symbols of the style do not fit."""
    size = random.choice(style.dc)
    digits = [dc.codes[size], *random.choices(style.bits, k=size)]
    left, filled = random.randint(0, style.most), 0
    while left and filled < 63:
        symbol = random.choice(style.ac)
        digits += [ac.codes[symbol], *random.choices(style.bits, k=symbol & 15)]
        filled += (symbol >> 4) + 1
        left -= 1
        if not symbol & 15 and symbol >> 4 != 15:
            return "".join(digits)
    if filled < 63:
        digits.append(ac.codes[0])
    return "".join(digits)


def pack(digits: str) -> bytes:
    """Fill the last byte with ones, and stuff."""
    digits += "1" * (-len(digits) % 8)
    return int("1" + digits, 2).to_bytes(len(digits) // 8 + 1)[1:].replace(b"\xff", b"\xff\x00")


def code_scan(frame: Frame, scan: tuple[int, ...], style: Style, random: Random) -> bytes:
    """Code a scan, with its restart markers."""
    count, members = frame.blocks(scan)
    tables = [
        (frame.tables[0, frame.components[index].dc], frame.tables[1, frame.components[index].ac]) for index in members
    ]
    parts = []
    step = frame.restart or count
    for number, start in enumerate(range(0, count, step)):
        units = range(start, min(start + step, count))
        digits = "".join(code_block(dc, ac, style, random) for _ in units for dc, ac in tables)
        parts += [bytes([0xFF, 0xD0 + (number - 1) % 8]) if number else b"", pack(digits)]
    return b"".join(parts)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def write(frame: Frame, coded: Iterable[bytes]) -> bytes:
    """Write a file of scans that are coded."""
    width, height = frame.size
    parts = [b"\xff\xd8"]
    if frame.adobe is not None:
        parts.append(segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, frame.adobe)))
    parts.append(segment(0xDB, bytes([0] + [frame.quantization] * 64)))
    described = [bytes([n, part.across << 4 | part.down, 0]) for n, part in enumerate(frame.components, 1)]
    parts.append(segment(frame.marker, struct.pack(">BHHB", 8, height, width, len(described)) + b"".join(described)))
    if frame.declares:
        parts += [table.segment(*place) for place, table in frame.tables.items()]
    if frame.restart:
        parts.append(segment(0xDD, struct.pack(">H", frame.restart)))
    for scan, data in zip(frame.scans, coded, strict=True):
        selected = [bytes([i + 1, frame.components[i].dc << 4 | frame.components[i].ac]) for i in scan]
        parts.append(segment(0xDA, bytes([len(scan)]) + b"".join(selected) + bytes([0, 63, 0])))
        parts.append(data)
    return b"".join([*parts, b"\xff\xd9"])


SAMPLINGS: dict[int, list[tuple[tuple[int, int], ...]]] = {
    1: [((1, 1),), ((2, 2),), ((1, 3),), ((4, 1),)],
    3: [
        ((1, 1), (1, 1), (1, 1)),
        ((2, 1), (1, 1), (1, 1)),
        ((2, 2), (1, 1), (1, 1)),
        ((1, 2), (1, 1), (1, 1)),
        ((4, 1), (1, 1), (1, 1)),
        ((4, 2), (1, 1), (1, 1)),
        ((1, 1), (2, 2), (1, 1)),
        ((2, 2), (2, 1), (1, 2)),
        ((3, 1), (1, 1), (1, 1)),
        ((2, 1), (2, 1), (2, 1)),
    ],
    4: [
        ((1, 1), (1, 1), (1, 1), (1, 1)),
        ((2, 2), (1, 1), (1, 1), (2, 2)),
        ((2, 1), (1, 1), (1, 1), (2, 1)),
    ],
}

STYLES = (
    Style(dc=(0,), ac=(0,), most=0),  # flat
    Style(dc=(0, 0, 0, 1, 2), ac=(0x01, 0x01, 0x02, 0x11, 0x31), most=9),
    Style(dc=tuple(range(9)), ac=(0x01, 0x02, 0x03, 0x04, 0x13, 0x21, 0x51, 0xF0), most=40),
    Style(dc=(9, 10, 11), ac=(0x08, 0x09, 0x0A, 0x1A, 0x0A, 0x0A), most=63),
    Style(dc=tuple(range(12)), ac=tuple(AC_SYMBOLS[1:]), most=63),
)
STRANGE = (
    Style(dc=tuple(range(16)), ac=tuple(range(1, 256)), most=63),  # sizes that 8 bits never need; runs beyond the block
    Style(dc=(15,), ac=(0x0F, 0x1F, 0x8F), most=63, bits="1"),  # what overflows
    Style(dc=(15,), ac=(0x0F, 0xFF), most=2, bits="0"),
    Style(dc=(11,), ac=(0xF0,), most=5),  # zeros beyond the block
    Style(dc=(0, 12), ac=(0x10, 0x20, 0xE0, 0x01), most=9),  # other ends of a block than 0x00
)


def random_tables(random: Random, used: set[tuple[int, int]], *, is_strange: bool) -> dict[tuple[int, int], Table]:
    """Make a table for each kind and number; a strange one has all symbols that there can be."""
    symbols = (bytes(range(16)), bytes(range(256))) if is_strange else (bytes(range(12)), AC_SYMBOLS)
    return {
        (kind, number): random_table(bytes(random.sample(symbols[kind], len(symbols[kind]))), random)
        for kind, number in sorted(used)
    }


def random_file(random: Random, *, is_strange: bool) -> bytes:
    """Write a file of any kind; a strange one is valid, but no encoder would write it."""
    layers = random.choice((1, 3, 3, 3, 4))
    is_usual = not is_strange and random.random() < 0.4
    numbers = (0, 1) if is_usual else range(4)
    components = tuple(
        Component(across, down, random.choice(numbers), random.choice(numbers))
        for across, down in random.choice(SAMPLINGS[layers])
    )
    indices = tuple(range(layers))
    apart = (tuple((index,) for index in indices), tuple(filter(None, (indices[:1], indices[1:]))))
    noise = Random(random.getrandbits(32))  # noqa: S311 - no secret
    used = {(kind, number) for part in components for kind, number in ((0, part.dc), (1, part.ac))}
    most = random.choice((9, 20, 70))
    frame = Frame(
        size=(random.randint(1, most), random.randint(1, most)),
        components=components,
        tables=USUAL if is_usual else random_tables(noise, used, is_strange=is_strange),
        scans=random.choice(((indices,), (indices,), (indices,), *apart)),
        marker=random.choice((BASELINE, EXTENDED)),
        restart=random.choice((0, 0, 1, 2, 5)),
        adobe=random.choice((None, 0, 2 if layers == 4 else 1)),
        quantization=random.choice((1, 1, 2, 16, 255)),
        declares=not is_usual or random.random() < 0.8,
    )
    style = random.choice(STRANGE if is_strange else STYLES)
    return write(frame, (code_scan(frame, scan, style, noise) for scan in frame.scans))
