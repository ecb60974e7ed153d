"""Zipf's law in bins, against the law itself."""

from __future__ import annotations

import numpy as np
import pytest

from lab.scale.popularity import spread


@pytest.mark.parametrize("catalogue", [1, 2, 99, 100, 101, 5_000, 10**9])
def test_every_derivative_is_in_one_bin_and_the_shares_add_up_to_all_views(catalogue: int) -> None:
    popularity = spread(catalogue, 3, 0.9)
    assert popularity.count.sum() == catalogue * 3
    assert (popularity.count > 0).all()
    assert (popularity.count * popularity.share).sum() == pytest.approx(1)


@pytest.mark.parametrize("exponent", [0.6, 1, 1.3])
def test_a_bin_has_about_the_views_that_its_ranks_have_by_the_law(exponent: float) -> None:
    catalogue = 20_000
    law = np.arange(1.0, catalogue + 1) ** -exponent
    law /= law.sum()
    popularity = spread(catalogue, 1, exponent)
    ends = np.cumsum(popularity.count)
    mass = popularity.count * popularity.share
    for end, count, binned in zip(ends, popularity.count, mass, strict=True):
        assert binned == pytest.approx(law[end - count : end].sum(), rel=0.001)


def test_an_empty_catalogue_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        spread(0, 3, 0.9)
