"""JPEG's Huffman codes: what Pillow-SIMD makes of them by `functions/pillow/libimaging` is what libjpeg does."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from jpegs.cases import PICTURES, PIECES, SUBSAMPLINGS, damaged_file, name, picture, random_way, save
from jpegs.damage import EOI, FILLINGS, KINDS, MARKERS, coded
from jpegs.decoding import Reference, Way, compare, decode_by_pillow, difference, open_image
from jpegs.huffman import Table
from jpegs.writer import (
    SAMPLINGS,
    STRANGE,
    STYLES,
    USUAL,
    Component,
    Frame,
    Style,
    code_scan,
    pack,
    random_file,
    random_tables,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SCALES = (1, 2, 4, 8)
QUALITIES = (1, 30, 80, 95, 100)
VARIANTS: list[dict[str, Any]] = [
    *({"quality": quality, "subsampling": sampling} for quality in QUALITIES for sampling in SUBSAMPLINGS),
    {"optimize": True},
    {"restart_marker_blocks": 1},
    {"restart_marker_blocks": 5, "optimize": True},
    {"restart_marker_rows": 1},
    {"progressive": True},
]
WAYS = [Way(piece, scale, is_draft) for piece, scale, is_draft in product(PIECES, SCALES, (False, True))]
FEW_WAYS = [
    *(Way(piece) for piece in PIECES),
    Way(1000, 8),
    Way(65536, 2),
    Way(65536, mode="L"),
    Way(1 << 24, 4, is_draft=True, mode="YCbCr"),
]

randoms = st.randoms(use_true_random=False)


@pytest.mark.parametrize("options", VARIANTS, ids=name)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_files_of_pillow_are_decoded_as_by_libjpeg(reference: Reference, mode: str, options: dict[str, Any]) -> None:
    for size, kind in product([(1, 1), (7, 9), (16, 16), (17, 33)], PICTURES):
        data = save(picture(kind, mode, size), **options)
        for way in WAYS:
            wrong, expected = compare(reference, data, way)
            assert not wrong, (size, kind, way)
            assert expected
            assert (expected.outcome, expected.warnings) == ("ended", 0)


@pytest.mark.parametrize("options", VARIANTS, ids=name)
@pytest.mark.parametrize("kind", ["noise", "gradient"])
def test_files_larger_than_one_buffer_are_decoded_as_by_libjpeg(
    reference: Reference, kind: str, options: dict[str, Any]
) -> None:
    data = save(picture(kind, "RGB", (640, 427)), **options)
    for way in FEW_WAYS:
        wrong, _ = compare(reference, data, way)
        assert not wrong, way


@settings(max_examples=400)
@given(randoms, st.booleans())
def test_rare_encodings_are_decoded_as_by_libjpeg(
    reference: Reference,
    random: Random,
    is_strange: bool,  # noqa: FBT001 (hypothesis draws it)
) -> None:
    way, data = random_way(random), random_file(random, is_strange=is_strange)
    note(f"{way} of {data!r}")

    wrong, expected = compare(reference, data, way)

    assert not wrong
    assert expected
    if not is_strange and way.mode != "YCbCr":  # which libjpeg does not make of RGB
        assert (expected.outcome, expected.warnings) == ("ended", 0)


@settings(max_examples=800)
@given(randoms)
def test_damaged_files_are_decoded_or_refused_as_by_libjpeg(reference: Reference, random: Random) -> None:
    way, data = random_way(random), damaged_file(random)
    note(f"{way} of {data!r}")

    wrong, _ = compare(reference, data, way)

    assert not wrong


SMALL = {
    "noise": save(picture("noise", "RGB", (48, 40)), quality=50),
    "restarts": save(picture("noise", "RGB", (40, 40)), quality=10, restart_marker_blocks=1),
    "optimised": save(picture("gradient", "L", (40, 40)), quality=95, optimize=True),
}


@pytest.mark.parametrize("name", SMALL)
def test_wherever_it_is_cut_off_it_is_refused_or_decoded_as_by_libjpeg(reference: Reference, name: str) -> None:
    whole = SMALL[name]
    outcomes = set()
    for at, end, piece in product(range(coded(whole)[0], len(whole)), (b"", EOI), (7, 65536)):
        wrong, expected = compare(reference, whole[:at] + end, Way(piece))
        assert not wrong, (at, end, piece)
        outcomes.add(expected and expected.outcome)
    assert outcomes == {"truncated", "ended"}


@pytest.mark.parametrize("name", SMALL)
def test_whichever_bit_is_wrong_it_is_decoded_as_by_libjpeg(reference: Reference, name: str) -> None:
    whole = SMALL[name]
    start, end = coded(whole)
    for at, bit in product(range(start, end), range(8)):
        data = whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        wrong, _ = compare(reference, data, Way(100, mode="L" if bit & 1 else None))
        assert not wrong, (at, bit)


@pytest.mark.parametrize("spectrum", [(0, 0, 0), (0, 5, 0), (1, 63, 0), (0, 63, 1), (0, 64, 0x11)])
def test_any_spectral_selection_is_decoded_as_by_libjpeg(reference: Reference, spectrum: tuple[int, int, int]) -> None:
    """Nothing of it counts but in progressive files."""
    whole = SMALL["noise"]
    start, _ = coded(whole)

    wrong, expected = compare(reference, whole[: start - 3] + bytes(spectrum) + whole[start:], Way())

    assert not wrong
    assert expected
    assert (expected.outcome, expected.warnings) == ("ended", 1)


@pytest.mark.parametrize(("process", "outcome"), [(0xC0, "ended"), (0xC1, "ended"), (0xC2, "broken"), (0xC9, "ended")])
def test_any_process_of_the_frame_is_decoded_or_refused_as_by_libjpeg(
    reference: Reference, process: int, outcome: str
) -> None:
    """With 0xC9 the bits are taken for arithmetic codes."""
    whole = SMALL["noise"]
    for mode in (None, "L"):
        wrong, expected = compare(reference, whole.replace(b"\xff\xc0", bytes([0xFF, process])), Way(mode=mode))
        assert not wrong
        assert expected
        assert expected.outcome == outcome


@pytest.mark.parametrize("marker", MARKERS, ids=bytes.hex)
def test_wherever_a_marker_is_it_is_decoded_or_refused_as_by_libjpeg(reference: Reference, marker: bytes) -> None:
    whole = SMALL["restarts"]
    for at in range(coded(whole)[0], len(whole)):
        wrong, _ = compare(reference, whole[:at] + marker + whole[at:], Way(100))
        assert not wrong, at


@pytest.mark.parametrize("style", [*STYLES, *STRANGE])
@pytest.mark.parametrize("declared", ["usual", "random"])
def test_many_rare_encodings_are_decoded_as_by_libjpeg(reference: Reference, style: Style, declared: str) -> None:
    random = Random(1)  # noqa: S311 - no secret
    if declared == "usual" and style in STRANGE:
        style = replace(style, dc=tuple({min(size, 11) for size in style.dc}), ac=(0x01, 0x0A, 0x1A, 0xFA, 0xF0))
    for sampling in (SAMPLINGS[1][0], SAMPLINGS[3][0], SAMPLINGS[3][1], SAMPLINGS[3][4], SAMPLINGS[4][1]):
        components = tuple(Component(*factors, dc=at % 2, ac=(at + 1) % 2) for at, factors in enumerate(sampling))
        places = set(product((0, 1), (0, 1)))
        tables = USUAL if declared == "usual" else random_tables(random, places, is_strange=style in STRANGE)
        frame = Frame((150, 100), components, tables, (tuple(range(len(sampling))),))
        data = write(frame, [code_scan(frame, frame.scans[0], style, random)])
        for way in FEW_WAYS:
            wrong, expected = compare(reference, data, way)
            assert not wrong, (sampling, way)
            assert expected
            assert expected.outcome == "ended"


@pytest.mark.parametrize(
    ("counts", "symbols", "is_read"),
    [
        ((1,), (5,), (True, True)),
        ((), (), (True, True)),  # no code at all: each is an unknown one
        ((2,), (1, 2), (False, False)),  # nothing but ones
        ((0, 1, 7), range(8), (False, False)),  # one more than there are
        ((0, 1, 5), range(6), (True, True)),
        ((0, 5), range(5), (False, False)),
        ((0,) * 15 + (200,), range(200), (False, True)),
        ((1,), (15,), (True, True)),
        ((1,), (16,), (False, True)),
        ((1, 1), (0, 255), (False, True)),
    ],
)
def test_tables_are_refused_or_read_as_by_libjpeg(
    reference: Reference, counts: tuple[int, ...], symbols: Sequence[int], is_read: tuple[bool, bool]
) -> None:
    table = Table((*counts, *[0] * (16 - len(counts))), bytes(symbols))
    for kind, fills in product((0, 1), ((150, 150), (17, 9))):
        frame = Frame(fills, (Component(1, 1, 0, 0),), USUAL | {(kind, 0): table}, ((0,),))
        noise = Random(2).getrandbits(8 * 9000)  # noqa: S311 - no secret
        wrong, expected = compare(reference, write(frame, [pack(f"{noise:b}")]), Way())
        assert not wrong
        assert expected
        assert expected.outcome == ("ended" if is_read[kind] else "broken")


def test_a_table_that_is_not_there_is_refused_or_the_usual_one_as_by_libjpeg(reference: Reference) -> None:
    for dc, ac, outcome in ((0, 1, "ended"), (1, 0, "ended"), (2, 0, "broken"), (0, 3, "broken"), (4, 0, "broken")):
        frame = Frame((16, 16), (Component(1, 1, dc, ac),), {}, ((0,),))
        wrong, expected = compare(reference, write(frame, [pack("01" * 400)]), Way())
        assert not wrong
        assert expected
        assert expected.outcome == outcome


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_in_the_middle_of_much_data_it_is_decoded_as_by_libjpeg(reference: Reference, mode: str) -> None:
    """With care, that is. Here libjpeg is quick, and leaves what it wrote of an MCU before it met a marker."""
    whole = save(picture("noise", mode, (120, 120)), quality=95)
    start, end = coded(whole)
    for at in range(start, end, (end - start) // 150):
        for filling in (*FILLINGS, *MARKERS):
            wrong, _ = compare(reference, whole[:at] + filling * (at % 7 + 1) + whole[at:], Way())
            assert not wrong, (at, filling)


def test_wherever_a_piece_ends_stuffed_bytes_are_read_as_by_libjpeg(reference: Reference) -> None:
    """Eight bytes are four then, which is as many as the quick decoder may need."""
    random = Random(3)  # noqa: S311 - no secret
    noise = bytes(random.randrange(256) if random.random() < 0.2 else 0xFF for _ in range(400))
    for tables in (USUAL, random_tables(random, {(0, 0), (1, 0)}, is_strange=True)):
        frame = Frame((100, 100), (Component(1, 1, 0, 0),), tables, ((0,),))
        data = write(frame, [noise.replace(b"\xff", b"\xff\x00")])
        for piece in range(1, 100):
            wrong, _ = compare(reference, data, Way(piece))
            assert not wrong, piece


@pytest.mark.parametrize("digit", "01")
def test_dc_beyond_32_bits_is_decoded_as_by_libjpeg(reference: Reference, digit: str) -> None:
    """Each block adds or takes 2^15 - 1, and there are more than 2^16."""
    dc, ac = Table((1, *[0] * 15), bytes([15])), Table((1, *[0] * 15), bytes([0]))
    frame = Frame((2056, 2056), (Component(1, 1, 0, 0),), {(0, 0): dc, (1, 0): ac}, ((0,),))
    data = write(frame, [pack(f"0{digit * 15}0" * 257**2)])

    for way in (Way(), Way(1000, 8)):
        wrong, expected = compare(reference, data, way)
        assert not wrong
        assert expected
        assert (expected.outcome, expected.warnings) == ("ended", 0)


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_damage_of_each_kind_is_noticed_by_libjpeg(
    reference: Reference, kind: Callable[[bytes, Random], bytes]
) -> None:
    """Else there would be nothing to compare."""
    whole = SMALL["restarts"]
    _, expected = compare(reference, whole, Way())
    changed = [compare(reference, kind(whole, Random(seed)), Way())[1] for seed in range(40)]  # noqa: S311 - no secret

    assert sum(each != expected for each in changed) > 10


def test_one_wrong_level_is_noticed(reference: Reference) -> None:
    _, expected = compare(reference, SMALL["noise"], Way())
    assert expected
    pixels = bytearray(expected.pixels)
    pixels[4 * (48 * 5 + 3) + 2] ^= 1

    wrong = difference(replace(expected, pixels=bytes(pixels)), expected)

    assert wrong
    assert wrong.startswith("1 wrong levels of 7680 (ended), the first at (3, 5)")


def test_one_bit_of_dc_is_noticed(reference: Reference) -> None:
    frame = Frame((8, 8), (Component(1, 1, 0, 0),), USUAL, ((0,),), quantization=8)
    codes = (USUAL[0, 0].codes[2] + digits + USUAL[1, 0].codes[0] for digits in ("10", "11"))
    one, other = (write(frame, [pack(code)]) for code in codes)
    image = open_image(one, Way())
    assert image

    wrong = difference(decode_by_pillow(image), reference.decode(other, Way(), "L", (8, 8)))

    assert wrong
    assert wrong.startswith("64 wrong levels of 64")


def test_a_refusal_on_one_side_is_noticed(reference: Reference) -> None:
    whole = SMALL["noise"]
    cut_off, marked = whole[:-40], whole[:-2] + b"\xff\xc3" + whole[-2:]
    for (one, is_like), (other, should_be_like) in permutations(
        ((whole, "ended"), (cut_off, "truncated"), (marked, "broken")), 2
    ):
        image = open_image(one, Way())
        assert image
        wrong = difference(decode_by_pillow(image), reference.decode(other, Way(), "RGB", (48, 40)))
        assert wrong == f"{is_like}, not {should_be_like}"
