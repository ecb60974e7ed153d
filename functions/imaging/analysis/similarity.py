"""Structural similarity (SSIM) of two images' luma, by Pillow's arithmetic: Lambda has no numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageMath
from PIL.Image import Resampling

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_BLOCK = 8
"""The side in pixels of the blocks that are compared, as in the first paper (Wang and Bovik, 2002)."""

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""The constants of Wang, Bovik, Sheikh and Simoncelli, 2004, section III.B."""

_TILE = 128
_TILES_A_SIDE = 4


def sample(image: PillowImage) -> PillowImage:
    """Return a mosaic of 16 tiles of 128 pixels from all over a large image, or the whole of a small one.

    A comparison then costs the same for every size. Transparent pixels are on grey.
    """
    flat = image
    if "A" in image.mode:
        flat = Image.new("RGBA", image.size, (128, 128, 128, 255))
        flat.alpha_composite(image.convert("RGBA"))
    flat = flat.convert("RGB")
    side = _TILE * _TILES_A_SIDE
    if flat.width * flat.height <= side * side or min(flat.size) < _TILE:
        return flat.crop((0, 0, min(flat.width, side * _TILES_A_SIDE), min(flat.height, side * _TILES_A_SIDE)))
    mosaic = Image.new("RGB", (side, side))
    for row in range(_TILES_A_SIDE):
        for column in range(_TILES_A_SIDE):
            left = (flat.width - _TILE) * column // (_TILES_A_SIDE - 1)
            top = (flat.height - _TILE) * row // (_TILES_A_SIDE - 1)
            mosaic.paste(flat.crop((left, top, left + _TILE, top + _TILE)), (column * _TILE, row * _TILE))
    return mosaic


def similarity(one: PillowImage, other: PillowImage) -> float:
    """Return the mean SSIM of two RGB images of the same size over blocks of 8 by 8 pixels: 1 for equal images."""
    x, y = (image.convert("L").convert("F") for image in (one, other))
    products = (_multiply(x, x), _multiply(y, y), _multiply(x, y))
    means = [image.reduce(_BLOCK) for image in (x, y, *products)]
    scores = ImageMath.lambda_eval(_compare, **dict(zip(("x", "y", "xx", "yy", "xy"), means, strict=True)))
    return float(scores.resize((1, 1), Resampling.BOX).getpixel((0, 0)))


def _multiply(one: PillowImage, other: PillowImage) -> PillowImage:
    product: PillowImage = ImageMath.lambda_eval(lambda images: images["one"] * images["other"], one=one, other=other)
    return product


def _compare(means: dict[str, ImageMath._Operand]) -> ImageMath._Operand:
    x, y = means["x"], means["y"]
    covariance = means["xy"] - x * y
    variances = means["xx"] - x * x + means["yy"] - y * y
    return ((x * y * 2 + _C1) * (covariance * 2 + _C2)) / ((x * x + y * y + _C1) * (variances + _C2))
