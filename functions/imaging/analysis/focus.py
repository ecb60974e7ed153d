"""The crop of `gravity=auto`: the part with most edges, saturated colours and skin.

The same image always gets the same crop. It is a measure of pixels, without a notion of faces or objects.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageFilter, ImageMath
from PIL.Image import Resampling

from imaging.layout.orientation import stored_size
from imaging.pixels import turn

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from imaging.layout.framing import Framing

_SAMPLE = 128
"""Pixels of the longer side of the copy that is measured: the place is exact to about a hundredth of the side."""

_STEPS = 256
"""The maximum of positions that are tried."""

_EDGES = ImageFilter.Kernel((3, 3), (0, -1, 0, -1, 4, -1, 0, -1, 0), scale=1)
"""The Laplacian: the difference to the four neighbours."""

_SKIN = (0.735, 0.537, 0.415)
"""The direction of skin's colour in RGB; dark and light skin differ in length only."""

_SATURATION_WEIGHT, _SKIN_WEIGHT = 0.1, 0.8
"""Edges weigh 1, all of them are 0 to 1: skin decides where there is any, saturation where there is little else."""


def focus(framing: Framing, pixels: PillowImage, reduction: tuple[float, float]) -> Framing:
    """Return the framing with the crop at the most interesting place; `pixels` are the stored ones, reduced."""
    layout = framing.layout
    slack = [outer - inner for outer, inner in zip(layout.scaled, layout.inner, strict=True)]
    if layout.angle or not any(slack):
        return framing
    interest = _interest(_sample(framing, pixels, reduction))
    x, y = (
        _best(_sums(interest, axis), layout.inner[axis] / layout.scaled[axis], slack[axis]) if slack[axis] else 0
        for axis in (0, 1)
    )
    return framing.crop_at((x, y))


def _sample(framing: Framing, pixels: PillowImage, reduction: tuple[float, float]) -> PillowImage:
    """Return a small upright copy of the region that is cropped."""
    box = tuple(
        min(edge / by, side)
        for edge, by, side in zip(framing.stored_region, reduction * 2, pixels.size * 2, strict=True)
    )
    scale = _SAMPLE / max(framing.layout.scaled)
    size = stored_size(
        (max(3, round(framing.layout.scaled[0] * scale)), max(3, round(framing.layout.scaled[1] * scale))),
        framing.combined,
    )
    small = pixels.resize(size, Resampling.BOX, (box[0], box[1], box[2], box[3]))
    if "A" in small.mode:
        flat = Image.new("RGBA", small.size, (128, 128, 128, 255))
        flat.alpha_composite(small.convert("RGBA"))
        small = flat
    return turn(small.convert("RGB"), framing.combined)


def _interest(image: PillowImage) -> PillowImage:
    inner = (1, 1, image.width - 1, image.height - 1)
    edges = Image.new("L", image.size)  # the filter leaves the outermost pixels as they are
    edges.paste(image.convert("L").filter(_EDGES).crop(inner), inner)
    saturation = image.convert("HSV").getchannel("S")
    bands = {"edges": edges, "saturation": saturation, **dict(zip("rgb", image.split(), strict=True))}
    found: PillowImage = ImageMath.lambda_eval(_weigh, **{name: band.convert("F") for name, band in bands.items()})
    return found


def _weigh(bands: dict[str, Any]) -> Any:  # noqa: ANN401 - operands of ImageMath have no public type
    red, green, blue = bands["r"], bands["g"], bands["b"]
    least, most = bands["min"], bands["max"]
    length = (red * red + green * green + blue * blue + 1) ** 0.5
    along = (red * _SKIN[0] + green * _SKIN[1] + blue * _SKIN[2]) / length
    skin = most((along - 0.99) * 100, 0) * least(length / 255, 1)  # up to 8 degrees of difference, and not black
    saturation = bands["saturation"] / 255 * least(length / 255, 1)
    return bands["edges"] / 255 + saturation * _SATURATION_WEIGHT + skin * _SKIN_WEIGHT


def _sums(interest: PillowImage, axis: int) -> list[float]:
    """Return the running sums of the columns' (axis 0) or rows' (axis 1) interest, from 0."""
    size = (interest.width, 1) if axis == 0 else (1, interest.height)
    means = memoryview(interest.resize(size, Resampling.BOX).tobytes()).cast("f")
    return [0.0, *accumulate(means.tolist())]


def _best(sums: list[float], share: float, slack: int) -> int:
    """Return the offset, 0 to `slack`, of the window of that `share` with the highest sum; of equal ones the middle."""
    positions = [slack * step // min(slack, _STEPS) for step in range(min(slack, _STEPS) + 1)]

    def score(offset: int) -> tuple[float, int]:
        start = (1 - share) * offset / slack
        total = _at(sums, start + share) - _at(sums, start)
        return round(total, 4), -abs(2 * offset - slack)

    return max(positions, key=score)


def _at(sums: list[float], position: float) -> float:
    """Return the sum up to a position from 0 to 1, between columns in proportion."""
    exact = min(max(position, 0.0), 1.0) * (len(sums) - 1)
    index = min(int(exact), len(sums) - 2)
    return sums[index] + (sums[index + 1] - sums[index]) * (exact - index)
