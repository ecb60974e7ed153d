"""Zipf's law over a catalogue of up to billions of images, in a few hundred bins of similar popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SINGLE = 100
"""The number of most popular images with a bin of their own."""
BINS_PER_DECADE = 24


@dataclass(frozen=True, slots=True)
class Popularity:
    """Bins of derivatives: the number in each, and the share of all views of each single one."""

    count: NDArray[np.int64]
    share: NDArray[np.float64]


def spread(catalogue: int, variants: int, exponent: float) -> Popularity:
    """Return the popularity of a catalogue's derivatives: the variants of rank r share r**-exponent of the views.

    Exponents of 0.64 to 0.83 were measured at web proxies (Breslau et al., "Web Caching and Zipf-like Distributions",
    INFOCOM 1999). Raises ValueError for an empty catalogue.
    """
    if catalogue < 1 or variants < 1:
        raise ValueError("there must be at least one image and one variant of it")
    edges = _cut(catalogue)
    count = np.diff(edges)
    weight = _integrate(edges, exponent)
    share = weight / weight.sum() / count / variants
    return Popularity(count * variants, share)


def _cut(catalogue: int) -> NDArray[np.int64]:
    """Return the edges of the bins of ranks: 1, 2, ... SINGLE, then ever larger ones."""
    decades = np.log10(catalogue + 1) - np.log10(SINGLE)
    ranks = np.arange(1, min(SINGLE, catalogue + 1) + 1, dtype=np.int64)
    if decades > 0:
        tail = np.geomspace(SINGLE, catalogue + 1, max(int(decades * BINS_PER_DECADE), 2))
        ranks = np.concatenate([ranks, np.rint(tail).astype(np.int64)])
    return np.unique(ranks)


def _integrate(edges: NDArray[np.int64], exponent: float) -> NDArray[np.float64]:
    """Return the weight of each bin: a single rank exactly, many by the integral from half a rank before to after."""
    bounds = edges - 0.5
    many = np.diff(np.log(bounds) if exponent == 1 else bounds ** (1 - exponent) / (1 - exponent))
    return np.where(np.diff(edges) == 1, edges[:-1].astype(float) ** -exponent, many)
