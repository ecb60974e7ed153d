"""The traffic of `make dashboard`."""

from __future__ import annotations

import random
import re

from local.watch import INVALID, SIZES, _choose_path


def test_small_images_are_requested_most_and_invalid_paths_now_and_then() -> None:
    random.seed(11)
    paths = [_choose_path(["a.jpg", "b.png"]) for _ in range(2_000)]
    right = [re.fullmatch(r"/([0-9]+)x(,f=[a-z]+)?/[ab]\.(jpg|png)", path) for path in paths]
    widths = [int(match[1]) for match in right if match]
    assert {path for path, match in zip(paths, right, strict=True) if not match} == set(INVALID)
    assert 0.04 < 1 - len(widths) / len(paths) < 0.12
    assert {min(widths), max(widths)} == {40, 40 * SIZES}
    assert sum(width <= 120 for width in widths) > len(widths) / 2
