"""What happens to JPEGs, and what never does but by malice: one way of each kind, drawn at random."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from jpegs.writer import segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

DHT, DRI, SOS, EOI = 0xC4, 0xDD, 0xDA, b"\xff\xd9"
MARKERS = (
    *(bytes([0xFF, 0xD0 + number]) for number in range(8)),
    EOI,
    b"\xff",
    b"\xff\x00",
    b"\xff\xff",
    b"\xff\xff\xff\xff\x00",
    b"\xff\xff\xff\xd3",
    b"\xff\xd8",
    b"\xff\xda",
    b"\xff\x01",
    b"\xff\xfe\x00\x04\xff\xd9",  # a comment
    segment(DRI, b"\x00\x03"),
)

FILLINGS = (b"\0", b"\xfe", b"\xaa", b"\xff\x00")  # the last is nothing but ones: no code


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Walk through the headers: each marker, where its body starts, and where it ends; SOS is the last."""
    at = 2
    while data[at : at + 1] == b"\xff" and at + 4 <= len(data):
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        yield data[at + 1], at + 4, end
        if data[at + 1] == SOS:
            return
        at = end


def coded(data: bytes) -> tuple[int, int]:
    """Find the entropy-coded data: of all scans, with what is between them."""
    return max((end for _, _, end in segments(data)), default=0), len(data)


def scan_header(data: bytes) -> int:
    """Find the header of the first scan, or where it should be."""
    return max((body - 4 for _, body, _ in segments(data)), default=2)


def place(data: bytes, random: Random) -> int:
    """Choose a place in the entropy-coded data, the ends more often than others."""
    start, end = coded(data)
    near = (start, start + 1, end - 3, end - 2, end)
    return min(max(start, random.choice((*near, *(random.randint(start, end) for _ in near)))), end)


def splice(data: bytes, at: int, count: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + count :]


def flip_bits(data: bytes, random: Random) -> bytes:
    at = place(data, random)
    found = data[at : at + 1]
    return splice(data, at, 1, bytes(byte ^ 1 << random.randrange(8) for byte in found))


def replace_bytes(data: bytes, random: Random) -> bytes:
    count = random.choice((1, 2, 3, 30))
    return splice(data, place(data, random), count, random.getrandbits(8 * count).to_bytes(count))


def repeat_byte(data: bytes, random: Random) -> bytes:
    count = random.choice((4, 9, 60, 700))
    return splice(data, place(data, random), random.choice((0, count)), random.choice(FILLINGS) * count)


def remove_bytes(data: bytes, random: Random) -> bytes:
    return splice(data, place(data, random), random.choice((1, 2, 3, 30, 200)), b"")


def insert_bytes(data: bytes, random: Random) -> bytes:
    count = random.choice((1, 2, 3, 30))
    return splice(data, place(data, random), 0, random.getrandbits(8 * count).to_bytes(count))


def insert_marker(data: bytes, random: Random) -> bytes:
    return splice(data, place(data, random), random.choice((0, 0, 1, 2)), random.choice(MARKERS))


def repeat_part(data: bytes, random: Random) -> bytes:
    start, end = sorted((place(data, random), place(data, random)))
    return splice(data, place(data, random), 0, data[start:end])


def truncate(data: bytes, random: Random) -> bytes:
    return data[: place(data, random)] + random.choice((b"", EOI))


def change_restarts(data: bytes, random: Random) -> bytes:
    """Change the restart interval, or permute the restart markers."""
    places = [at for at in range(coded(data)[0], len(data) - 1) if data[at] == 0xFF and data[at + 1] & 0xF8 == 0xD0]
    if not places or random.random() < 0.3:
        return splice(
            data, scan_header(data), 0, segment(DRI, struct.pack(">H", random.choice((0, 1, 2, 3, 7, 0xFFFF))))
        )
    changed = bytearray(data)
    for at in (random.choice(places) for _ in range(random.choice((1, 2, 9)))):
        changed[at + 1] = 0xD0 + random.randrange(8)
    return bytes(changed)


def change_table(data: bytes, random: Random) -> bytes:
    """Change a symbol of a Huffman table, or how many codes of a length there are."""
    found = [(body, end) for marker, body, end in segments(data) if marker == DHT]
    if not found:
        return splice(data, 2, 0, segment(DHT, bytes([random.choice((0, 1, 0x10, 0x11)), *[0] * 16])))
    body, end = random.choice(found)
    changed = bytearray(data)
    if random.random() < 0.6:
        changed[min(body + 17 + random.randrange(200), end - 1)] = random.choice(
            (0, 0xF0, 11, 15, random.randrange(256))
        )
        return bytes(changed)
    one, other = (body + 1 + random.randrange(16) for _ in range(2))
    count = random.choice((1, changed[one]))
    if changed[one] >= count and changed[other] + count < 256:
        changed[one] -= count
        changed[other] += count
    return bytes(changed)


def change_selectors(data: bytes, random: Random) -> bytes:
    """Swap the tables of a component, or name others, or change the part of the spectrum."""
    ((body, end),) = [(body, end) for marker, body, end in segments(data) if marker == SOS] or [(0, 0)]
    changed = bytearray(data)
    if end > len(data) or body + 6 > end:
        return data
    if random.random() < 0.8:
        at = body + 2 + 2 * random.randrange(data[body] or 1)
        at = min(at, end - 1)
        changed[at] = random.choice((changed[at] >> 4 | changed[at] << 4 & 0xF0, 0, 0x11, 0x01, 0x10, 0x23, 0x40))
    else:
        changed[end - random.randint(1, 3)] = random.choice((0, 1, 5, 63, 64))
    return bytes(changed)


def change_frame(data: bytes, random: Random) -> bytes:
    """Change the kind of frame, the sampling factors or the size."""
    found = [(body, end) for marker, body, end in segments(data) if 0xC0 <= marker <= 0xCF and marker != DHT]
    if not found or found[0][1] > len(data):
        return data
    body, end = found[0]
    changed = bytearray(data)
    match random.randrange(3):
        case 0:
            changed[body - 3] = random.choice((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
        case 1:
            changed[min(body + 7 + 3 * random.randrange(data[body + 5] or 1), end - 1)] = random.choice(
                (0x11, 0x21, 0x22)
            )
        case 2:
            changed[body + random.choice((2, 4))] = random.randint(1, 80)
    return bytes(changed)


KINDS: tuple[Callable[[bytes, Random], bytes], ...] = (
    flip_bits,
    replace_bytes,
    repeat_byte,
    remove_bytes,
    insert_bytes,
    insert_marker,
    insert_marker,
    repeat_part,
    truncate,
    change_restarts,
    change_table,
    change_selectors,
    change_frame,
)


def damage(data: bytes, random: Random) -> bytes:
    """Damage a file once, or a few times."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = random.choice(KINDS)(data, random)
    return data
