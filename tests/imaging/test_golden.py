"""Derivatives of the photographs, kept as files under their own paths, so that a change of how they look is seen.

`make golden` (GOLDEN=renew) writes them again: look at them before you commit them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from grammar.options import TABLE
from grammar.path import parse_path, storage_key
from grammar.transform import Transform
from imaging.formats import WRITTEN
from profiles import swapped_profile

if TYPE_CHECKING:
    from imaging.writing.encoder import Encoded

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
    "160x,flip=v/coffee.png",
    "160x,flip=hv/coffee.png",
    "160x120,fit=cover,rotate=30,bg=204060/seeding.jpg",
    "160x160,rotate=200.5/chelsea.png",
    "160x,blur=3/seeding.jpg",
    "160x,sharpen=2/hubble.jpg",
    "160x,pixelate=8/astronaut.png",
    "160x,brightness=0.7/coffee.png",
    "160x,contrast=1.6/coffee.png",
    "160x,gamma=1.8/coffee.png",
    "160x,saturation=2/coffee.png",
    "160x,brightness=1.3,contrast=1.2,gamma=0.8,saturation=1.5/coffee.png",
    "160x,gray=true/chelsea.png",
    "160x,tint=b0703080/astronaut.png",
    "160x,wm=logo.png/chelsea.png",
    "160x160,fit=pad,bg=204060,wm=logo.png,wm_g=0.1:0.9,wm_scale=0.4,wm_margin=0/coffee.png",
    "160x120,fit=cover,wm=logo.png,wm_scale=0.15,wm_margin=0.1,wm_opacity=0.6,wm_tile=true/astronaut.png",
    "160x,text=wqkgMjAyNg,f=webp/seeding.jpg",
    "160x,text=wqkgMjAyNg,text_margin=0.2,f=webp/seeding.jpg",
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
    "160x,f=jxl/coffee.png",
    "f=json/chelsea.png",
    "120x/turned.jpg",
    "160x,orient=none/turned.jpg",
    "120x,metadata=copyright/turned.jpg",
    "120x,f=webp/pan.gif",
    "120x,frame=2,f=png/pan.gif",
    "120x,animate=false,f=webp/pan.gif",
    "160x/wide.jpg",
    "160x,profile=keep/wide.jpg",
]
INVISIBLE = {"download", "version", "signature"}
"""Options without an effect on pixels: access, and how long browsers keep the image."""

SIMILAR = 0.99
"""Two versions of a codec differ by less than this similarity, and a changed filter or crop by more."""

NEAR = 2
"""Likewise the mean difference of their levels, of 255: similarity sees neither another hue, nor alpha."""


RENEW = "if it should, `make golden` renews it"

Original = Callable[[str], bytes]
Save = Callable[..., bytes]


def turned(photo: Image.Image, save: Save) -> bytes:
    """Return the photograph as a camera held upright stores it, with its copyright holder."""
    exif = Image.Exif()
    exif[274], exif[271], exif[33432] = 6, "Camera", "(c) 2026 Nobody"
    return save(photo.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif)


def pan(photo: Image.Image, save: Save) -> bytes:
    """Return three frames, from the left of the photograph to its right."""
    width, height = photo.size
    frames = [photo.crop((left, 0, left + width // 2, height)).quantize(64) for left in (0, width // 4, width // 2)]
    return save(frames, "GIF", duration=[100, 200, 300], loop=0)


def wide(photo: Image.Image, save: Save) -> bytes:
    """Return the photograph with red and blue exchanged, and a profile that reverses this: it looks the same."""
    red, green, blue = photo.split()
    return save(Image.merge("RGB", (blue, green, red)), "JPEG", quality=95, icc_profile=swapped_profile())


MADE: dict[str, tuple[str, Callable[[Image.Image, Save], bytes]]] = {
    "turned.jpg": ("astronaut.png", turned),
    "pan.gif": ("chelsea.png", pan),
    "wide.jpg": ("coffee.png", wide),
}
"""Originals made by the test, each with its photograph and its function."""


@pytest.fixture(scope="module")
def original(photo: Original, save: Save) -> Original:
    def original(key: str) -> bytes:
        if key not in MADE:
            return photo(key)
        source, make = MADE[key]
        return make(Image.open(BytesIO(photo(source))).convert("RGB"), save)

    return original


@pytest.mark.parametrize("path", PATHS)
def test_a_derivative_looks_like_its_golden(
    path: str,
    original: Original,
    transcode: Callable[[bytes, str], Encoded],
    similarity: Callable[[Image.Image, Image.Image], float],
) -> None:
    transform, key = parse_path(path)
    body = transcode(original(key), transform.canonical).body
    file = GOLDEN / path
    if os.environ.get("GOLDEN") == "renew":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    assert file.exists(), f"{file} is missing: make it with `make golden`, and look at it"
    if transform.format == "json":
        assert json.loads(body) == json.loads(file.read_bytes()), f"{file} differs: {RENEW}"
        return

    found, golden = Image.open(BytesIO(body)), Image.open(BytesIO(file.read_bytes()))

    assert found.size == golden.size
    assert found.format == golden.format
    assert carried(found) == carried(golden), f"{file} has other metadata: {RENEW}"
    frames, expected = frames_of(found), frames_of(golden)
    assert [duration for _, duration in frames] == [duration for _, duration in expected]
    for index, ((frame, _), (other, _)) in enumerate(zip(frames, expected, strict=True)):
        how = similarity(frame, other)
        assert how > SIMILAR, f"{file}, frame {index}, looks different ({how:.4f}): {RENEW}"
        away = np.abs(premultiplied(frame) - premultiplied(other)).mean()
        assert away < NEAR, f"{file}, frame {index}, has other colours ({away:.1f} of 255): {RENEW}"


def carried(image: Image.Image) -> tuple[dict[int, Any], bool]:
    """Return its EXIF, and whether it has a profile, whose bytes depend on the version of lcms."""
    return dict(image.getexif()), "icc_profile" in image.info


def frames_of(image: Image.Image) -> list[tuple[Image.Image, int]]:
    return [(frame.convert("RGBA"), frame.info.get("duration", 0)) for frame in ImageSequence.Iterator(image)]


def premultiplied(image: Image.Image) -> Any:
    return np.asarray(image.convert("RGBa"), float)


def test_the_goldens_are_named_by_their_canonical_paths() -> None:
    assert [storage_key(*parse_path(path)) for path in PATHS] == PATHS
    assert {str(file.relative_to(GOLDEN)) for file in GOLDEN.rglob("*") if file.is_file()} <= set(PATHS)


def test_every_option_has_a_golden() -> None:
    transforms = [parse_path(path)[0] for path in PATHS]
    default = Transform()

    for name in {option.name for option in TABLE} - INVISIBLE:
        shown = any(getattr(transform, name) != getattr(default, name) for transform in transforms)
        assert shown, f"no golden shows what {name} does: add a path"


def test_every_format_has_a_golden() -> None:
    assert {parse_path(path)[0].format for path in PATHS} >= {*WRITTEN, "json"}
