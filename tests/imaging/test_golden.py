"""Derivatives of the photographs, kept as files under their own paths, so that a change of how they look is seen.

`make golden` (GOLDEN=renew) writes them anew: look at them before you commit them.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from imaging.path import parse_path, storage_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from imaging.encoder import Encoded

GOLDEN = Path(__file__).parents[1] / "golden"
PATHS = [
    "160x120/hubble.jpg",
    "160x120,fit=cover/seeding.jpg",
    "120x160,fit=cover,g=northwest/astronaut.png",
    "160x60,fit=fill/chelsea.png",
    "160x160,fit=pad,bg=204060/coffee.png",
    "160x160,fit=pad,g=south,f=jpeg/chelsea.png",
    "80x,f=webp,dpr=2/coffee.png",
    "x120,q=30,f=jpeg/astronaut.png",
    "160x,q=95,f=webp/chelsea.png",
    "160x,f=avif/astronaut.png",
    "120x,f=gif/hubble.jpg",
    "120x,f=png/seeding.jpg",
    "96x,v=2/astronaut.png",
    "120x120,fit=cover,g=0.2:0.9/seeding.jpg",
    "700x,ar=2:1,fit=cover/coffee.png",
    "160x,fit=upscale,crop=200:60:100:80/astronaut.png",
    "160x,crop=0.25:0.0:0.5:0.5/chelsea.png",
    "160x120,rotate=90,flip=h/coffee.png",
    "160x120,fit=cover,rotate=30,bg=204060/seeding.jpg",
    "160x160,rotate=200.5/chelsea.png",
    "160x,blur=3/seeding.jpg",
    "160x,sharpen=2/hubble.jpg",
    "160x,pixelate=8/astronaut.png",
    "160x,brightness=1.3,contrast=1.2,gamma=0.8,saturation=1.5/coffee.png",
    "160x,gray=true/chelsea.png",
    "160x,tint=b0703080/astronaut.png",
    "160x,wm=logo.png/chelsea.png",
    "160x160,fit=pad,bg=204060,wm=logo.png,wm_g=0.1:0.9,wm_scale=0.4,wm_margin=0/coffee.png",
    "160x120,fit=cover,wm=logo.png,wm_scale=0.15,wm_margin=0.1,wm_opacity=0.6,wm_tile=true/astronaut.png",
    "160x,text=wqkgMjAyNg,f=webp/seeding.jpg",
    "160x120,fit=cover,text=zpXOu867zrfOvc65zrrPjM-CCs66zrHPhs6tz4I,text_g=northwest,text_size=20/coffee.png",
    "160x,text=0J_RgNC40LLQtdGCLCDQpdCw0LHQsdC7,text_g=0.9:0.1,text_size=0.1,text_color=ffc040c0/hubble.jpg",
    "120x,wm=logo.png,text=Y2FwdGlvbiB0b28gbG9uZyBmb3IgdGhlIHNpemU,text_size=24,text_color=204060/astronaut.png",
    "160x120,fit=cover,border=6:c04020,radius=20/chelsea.png",
    "120x120,fit=cover,radius=max/astronaut.png",
    "160x,bg=204060,opacity=0.5,f=jpeg/coffee.png",
    "160x80,fit=cover,g=auto/astronaut.png",
    "60x160,fit=cover,g=auto/seeding.jpg",
    "160x,trim=120/chelsea.png",
    "160x,q=auto,f=jpeg/chelsea.png",
    "160x,q=auto,f=avif/coffee.png",
    "160x,max_bytes=3000,f=webp/seeding.jpg",
    "160x,lossless=true,f=webp/astronaut.png",
    "160x,progressive=true/seeding.jpg",
]
SIMILAR = 0.99
"""Two versions of a codec differ by less than this similarity, and a changed filter or crop by more."""

NEAR = 2
"""Likewise the mean difference of their levels, of 255: similarity sees neither another hue, nor alpha."""


@pytest.mark.parametrize("path", PATHS)
def test_a_derivative_looks_as_it_did(
    path: str,
    photo: Callable[[str], bytes],
    transcode: Callable[[bytes, str], Encoded],
    similarity: Callable[[Image.Image, Image.Image], float],
) -> None:
    transform, key = parse_path(path)
    body = transcode(photo(key), transform.canonical).body
    file = GOLDEN / path
    if os.environ.get("GOLDEN") == "renew":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    assert file.exists(), f"{file} is missing: make it with `make golden`, and look at it"

    found, golden = Image.open(BytesIO(body)), Image.open(BytesIO(file.read_bytes()))

    assert found.size == golden.size
    how = similarity(found, golden)
    assert how > SIMILAR, f"{file} looks different ({how:.4f}): if it should, `make golden` renews it"
    one, other = (np.asarray(image.convert("RGBA").convert("RGBa"), float) for image in (found, golden))
    away = np.abs(one - other).mean()
    assert away < NEAR, f"{file} has other colours ({away:.1f} of 255): if it should, `make golden` renews it"


def test_the_goldens_are_named_by_their_canonical_paths() -> None:
    assert [storage_key(*parse_path(path)) for path in PATHS] == PATHS
    assert {str(file.relative_to(GOLDEN)) for file in GOLDEN.rglob("*") if file.is_file()} <= set(PATHS)
