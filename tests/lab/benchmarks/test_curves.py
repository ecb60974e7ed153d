from __future__ import annotations

import math

import pytest

from lab.benchmarks.curves import STEPS, gain_at_equal_bytes

BYTES = (40_000, 45_000, 51_000, 58_000, 67_000)


def ssim(size: float) -> float:
    return 0.9 + 0.03 * math.log(size / 40_000) - 0.002 * math.log(size / 40_000) ** 2


CURVE = [(size, ssim(size)) for size in BYTES]


def test_a_curve_gains_nothing_on_itself() -> None:
    assert gain_at_equal_bytes(CURVE, CURVE) == pytest.approx(0, abs=1e-9)


def test_other_points_of_the_same_curve_gain_nothing() -> None:
    others = [(size + 3000, ssim(size + 3000)) for size in BYTES]
    assert gain_at_equal_bytes(CURVE, others) == pytest.approx(0, abs=1e-7)


def test_an_ssim_higher_by_a_thousandth_is_a_gain_of_a_thousandth() -> None:
    better = [(size, value + 0.001) for size, value in CURVE]
    assert gain_at_equal_bytes(better, CURVE) == pytest.approx(0.001, abs=1e-9)
    assert gain_at_equal_bytes(CURVE, better) == pytest.approx(-0.001, abs=1e-9)


def test_the_same_ssim_for_more_bytes_is_a_loss() -> None:
    larger = [(round(1.02 * size), value) for size, value in CURVE]
    found = gain_at_equal_bytes(larger, CURVE)
    assert found is not None
    assert -0.0007 < found < -0.0005  # 2 % of a slope of .03 and less


def test_noise_at_one_quality_counts_in_part() -> None:
    noisy = [(size, value + (0.0001 if size == BYTES[2] else 0)) for size, value in CURVE]
    assert abs(gain_at_equal_bytes(noisy, CURVE) or 0) < 0.00005


def test_curves_that_share_no_bytes_are_not_compared() -> None:
    assert gain_at_equal_bytes(CURVE, [(size * 10, value) for size, value in CURVE]) is None


def test_there_are_enough_points_for_a_cubic() -> None:
    assert len(STEPS) > 4
