"""Damaged files of every kind are transcoded or end in a declared error; `make fuzz` searches for longer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.seeds import KINDS, MOVING, make_seeds
from grammar.errors import TranscodingError
from imaging import transcode
from imaging.errors import UnusableWatermark
from imaging.limits import Limits
from imaging.watermark import open_watermark

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMITS = Limits(max_input_bytes=100_000, max_input_pixels=1_000_000, max_output_pixels=1_000_000, max_frames=20)
SEGMENTS = ["20x,f=webp", "20x20,fit=cover,f=png", "30x20,fit=pad,bg=fff,f=jpeg", "8x,f=gif", "x9", "f=png"]
TELLING = [0, 1, 0x7F, 0x80, 0xFE, 0xFF]
"""Bytes at which lengths and signs turn."""

Change = Callable[[bytearray, int, int], None]


def set_byte(data: bytearray, at: int, value: int) -> None:
    data[at] = value


def set_length(data: bytearray, at: int, value: int) -> None:
    data[at : at + 4] = bytes([value] * len(data[at : at + 4]))


def cut(data: bytearray, at: int, value: int) -> None:
    del data[at : at + value]


def repeat(data: bytearray, at: int, value: int) -> None:
    data[at:at] = data[at : at + value]


def end(data: bytearray, at: int, _: int) -> None:
    del data[max(at, 16) :]


CHANGES: Sequence[Change] = (set_byte, set_byte, set_length, cut, repeat, end)


@pytest.fixture(scope="session")
def seeds() -> dict[str, bytes]:
    return make_seeds()


def status(data: bytes, segment: str) -> int:
    """Return the status that the response would have."""
    try:
        transcode(data, segment, limits=LIMITS)
    except TranscodingError as error:
        return error.status
    return 200


@pytest.mark.parametrize("kind", [*KINDS, *(f"{kind} moving" for kind in MOVING)])
@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_seed_is_rendered(seeds: dict[str, bytes], kind: str, segment: str) -> None:
    assert status(seeds[kind], segment) == 200


@pytest.mark.parametrize("kind", [*KINDS, *(f"{kind} moving" for kind in MOVING)])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from(CHANGES), st.floats(0, 1, exclude_max=True), st.sampled_from(TELLING) | st.integers(0, 255)
        ),
        min_size=1,
        max_size=5,
    ),
    segment=st.sampled_from(SEGMENTS),
)
def test_a_damaged_file_is_transcoded_or_ends_in_a_declared_error(
    seeds: dict[str, bytes], kind: str, changes: list[tuple[Change, float, int]], segment: str
) -> None:
    data = bytearray(seeds[kind])
    for change, where, value in changes:
        if data:
            # most of what a parser believes is at the beginning
            change(data, int(where**2 * len(data)), value)

    assert status(bytes(data), segment) in (200, 413, 415, 422)
    with suppress(UnusableWatermark):
        assert open_watermark(bytes(data), "logo", LIMITS).mode in ("L", "LA", "RGB", "RGBA")
