"""Creates the originals in `.local/benchmarks` from `samples/seeding.jpg` (16 MP, CC0).

Smaller ones are reductions of it. Larger ones are cut from a mosaic of the photograph and its mirror images, which has
the photograph's detail everywhere; an enlargement would be smooth, and easy to decode.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pillow_heif
import pillow_jxl  # noqa: F401 - registers JPEG XL with Pillow
from PIL import Image, ImageOps

ROOT = Path(__file__).parents[2]
PHOTOGRAPH = ROOT / "samples" / "seeding.jpg"
ORIGINALS = ROOT / ".local" / "benchmarks"
SIZES = {"3mp": (2048, 1536), "12mp": (4000, 3000), "24mp": (6000, 4000), "100mp": (12240, 8160)}
"""Sizes of the sensors of cameras and telephones, in pixels."""

OTHER_FORMATS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 75, "speed": 9},
    "bmp": {},
    "heic": {"quality": 75},
    "jp2": {"quality_mode": "rates", "quality_layers": [12], "irreversible": True},
    "jxl": {"quality": 85, "effort": 3},
    "tiff": {"compression": "tiff_adobe_deflate"},
}
"""Formats of the 12 MP original, with Pillow's options."""

HALF_OF_LIMIT = (8160, 6120)
"""50 MP: the limit for formats whose decoders take twice the memory."""

LARGEST: dict[str, dict[str, Any]] = {
    "100mp-progressive-444.jpg": {"quality": 90, "subsampling": "4:4:4", "progressive": True},
    "100mp-progressive-cmyk.jpg": {"quality": 90, "subsampling": "4:4:4", "progressive": True},
    "100mp-rgba.tiff": {"compression": "tiff_adobe_deflate"},
    "50mp-rgba.avif": {"quality": 75, "subsampling": "4:4:4", "speed": 10},
    "50mp-rgba.jp2": OTHER_FORMATS["jp2"],
    "50mp-rgba.jxl": OTHER_FORMATS["jxl"],
}
"""File names, with Pillow's options."""

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None


def make_originals() -> None:
    """Write the originals, unless they exist."""
    ORIGINALS.mkdir(parents=True, exist_ok=True)
    if (ORIGINALS / "complete").exists():
        return
    photograph = Image.open(PHOTOGRAPH).convert("RGB")
    images = {name: _cut(photograph, size) for name, size in SIZES.items()}
    for name, image in images.items():
        image.save(ORIGINALS / f"{name}.jpg", quality=90, subsampling="4:2:0")
    image = images["12mp"]
    image.save(ORIGINALS / "12mp-progressive.jpg", quality=90, progressive=True)
    image.save(ORIGINALS / "12mp-444.jpg", quality=90, subsampling="4:4:4")
    image.save(ORIGINALS / "12mp.webp", quality=90, method=2)
    image.save(ORIGINALS / "12mp.png", compress_level=6)
    for name, options in OTHER_FORMATS.items():
        image.save(ORIGINALS / f"12mp.{name}", **options)
    images["100mp"].save(ORIGINALS / "100mp.webp", quality=75, method=0)
    _save_round(images["100mp"], ORIGINALS / "100mp-rgba.png", compress_level=1)
    _save_round(images["3mp"], ORIGINALS / "3mp-rgba.png", compress_level=6)
    _save_animation(images["3mp"])
    (ORIGINALS / "complete").touch()


def make_largest() -> None:
    """Write the originals that take most memory within the default limit of pixels, unless they exist."""
    largest = [ORIGINALS / name for name in LARGEST]
    if all(path.exists() for path in largest):
        return
    photograph = Image.open(PHOTOGRAPH).convert("RGB")
    whole, half = _cut(photograph, SIZES["100mp"]), _cut(photograph, HALF_OF_LIMIT)
    for path in largest:
        image = whole if path.name.startswith("100mp") else half
        if path.suffix == ".jpg":
            image = image.convert("CMYK") if "cmyk" in path.name else image
            image.save(path, **LARGEST[path.name])
        else:
            _save_round(image, path, **LARGEST[path.name])


def _cut(photograph: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Reduce the photograph to `size`, or cut `size` from its mosaic if the photograph is smaller."""
    if photograph.width * photograph.height > size[0] * size[1]:
        return ImageOps.fit(photograph, size, Image.Resampling.LANCZOS)
    width, height = photograph.size
    mosaic = Image.new("RGB", size)
    for column in range(-(-size[0] // width)):
        for row in range(-(-size[1] // height)):
            tile = ImageOps.mirror(photograph) if column % 2 else photograph
            mosaic.paste(ImageOps.flip(tile) if row % 2 else tile, (column * width, row * height))
    return mosaic


def _save_round(image: Image.Image, path: Path, **options: Any) -> None:  # noqa: ANN401 - options of any of Pillow's writers
    """Save the image with a soft round edge, which has every degree of opacity."""
    alpha = Image.radial_gradient("L").resize(image.size).point(lambda level: max(0, min(255, 3 * (220 - level))))
    image = image.copy()
    image.putalpha(alpha)
    image.save(path, **options)


def _save_animation(image: Image.Image) -> None:
    """Save a pan over the image as a GIF of 640 x 480 pixels."""
    frames = [
        image.crop((8 * step, 4 * step, 8 * step + 1280, 4 * step + 960)).resize((640, 480)).quantize(256)
        for step in range(12)
    ]
    frames[0].save(ORIGINALS / "frames.gif", save_all=True, append_images=frames[1:], duration=80, loop=0)


if __name__ == "__main__":
    make_originals()
