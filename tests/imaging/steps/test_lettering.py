from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from PIL.ImageFont import Layout, truetype

from grammar.text import _WRITABLE
from imaging.steps.lettering import FONT, fit_block, measure_block

WRITABLE = "".join(filter(_WRITABLE.match, map(chr, range(0x3000))))
LINES = st.lists(st.text(WRITABLE, max_size=8), min_size=1, max_size=4).map(tuple)


@example(("Ắ",), 9.0, Decimal(0))
@given(LINES, st.floats(1, 90), st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1)]))
def test_no_letter_is_cut_by_its_own_block(lines: tuple[str, ...], size: float, alignment: Decimal) -> None:
    block = measure_block(lines, size)
    (left, top), (width, height) = block.origin, block.size
    wide = replace(block, origin=(left + 20, top + 20), size=(width + 40, height + 40))

    for mask, wider in zip(block.draw(alignment), wide.draw(alignment), strict=True):
        assert wider.crop((20, 20, width + 20, height + 20)) == mask
        assert np.asarray(wider, int).sum() == np.asarray(mask, int).sum()


@given(LINES, st.floats(1, 16383), st.tuples(st.integers(1, 500), st.integers(1, 500)))
def test_the_largest_size_that_fits_is_found_soon(lines: tuple[str, ...], size: float, room: tuple[int, int]) -> None:
    block = fit_block(lines, size, room)

    fits = all(taken <= free for taken, free in zip(block.size, room, strict=True))
    assert fits or block.font.size == 1
    assert block.font.size <= size
    if fits and block.font.size < size:
        assert not all(
            taken <= free
            for taken, free in zip(measure_block(lines, block.font.size * 1.3 + 2).size, room, strict=True)
        )


def test_the_font_has_all_that_can_be_written() -> None:
    font = truetype(FONT, 40, layout_engine=Layout.BASIC)
    missing = bytes(font.getmask("\uffff"))

    assert len(WRITABLE) > 800
    assert missing.strip(b"\0")
    assert [letter for letter in WRITABLE if not letter.isspace() and bytes(font.getmask(letter)) == missing] == []
