from __future__ import annotations

import pytest

from benchmarks.matching import match_bytes


def measure(quality: int) -> tuple[int, float]:
    """An encoder whose bytes double, and whose likeness rises by a hundredth, with each ten steps of quality."""
    return round(1000 * 2 ** (quality / 10)), 0.9 + quality / 1000


@pytest.mark.parametrize("wanted", [200_000, 256_000, 333_333])
def test_the_likeness_at_given_bytes_lies_between_two_qualities(wanted: int) -> None:
    found = match_bytes(measure, 80, wanted)
    assert found is not None
    between = [quality for quality in range(1, 100) if measure(quality)[0] <= wanted <= measure(quality + 1)[0]]
    assert measure(between[0])[1] - 1e-9 <= found <= measure(between[0] + 1)[1] + 1e-9


def test_the_very_bytes_are_measured_once() -> None:
    asked: list[int] = []
    assert match_bytes(lambda quality: asked.append(quality) or (500, 0.95), 80, 500) == 0.95  # type: ignore[func-returns-value]
    assert asked == [80]


def test_qualities_that_make_the_same_file_are_passed_over() -> None:
    assert match_bytes(lambda quality: (quality // 4 * 1000, quality // 4 / 100), 80, 18_500) == pytest.approx(
        0.185, 1e-2
    )


def test_what_no_quality_reaches_is_none() -> None:
    assert match_bytes(measure, 80, 10**9) is None
    assert match_bytes(measure, 80, 10) is None
