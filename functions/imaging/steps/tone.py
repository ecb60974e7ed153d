"""Brightness, contrast, gamma, saturation, grey and tint, in this order, like the CSS filters of these names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from imaging.pixels import in_mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from grammar.transform import Transform
    from imaging.picture import Picture

    Change = Callable[[Image.Image], Image.Image]

_TOP = 255
_MIDDLE = 128
_LUMINANCE = (0.2126, 0.7152, 0.0722, 0.0)
"""The weights of red, green and blue in CSS's `grayscale` and `saturate` (ITU-R BT.709; Pillow's are of BT.601)."""

_IDENTITY = list(range(256))


def adjust_tone(picture: Picture, transform: Transform) -> Picture:
    """Change the colours of every frame, but not its alpha; the arithmetic is on sRGB levels."""
    changes: list[Change] = []
    if any(factor != 1 for factor in (transform.brightness, transform.contrast, transform.gamma)):
        levels = _levels(float(transform.brightness), float(transform.contrast), float(transform.gamma))
        changes.append(lambda image: _map_levels(image, levels))
    if transform.gray:
        changes.append(_to_gray)
    elif transform.saturation != 1:
        changes.append(lambda image: _saturate(image, float(transform.saturation)))
    if transform.tint is not None:
        colour, strength = _parse(transform.tint)
        changes.append(lambda image: _tint(image, colour, strength))
    for change in changes:
        picture = picture.map(change)
    return picture


def _levels(brightness: float, contrast: float, gamma: float) -> list[int]:
    """Return the new value of each level: linear brightness and contrast (Filter Effects, section 14), then a power."""

    def change(level: float) -> float:
        bright = min(level * brightness, 1)
        contrasted = min(max((bright - 0.5) * contrast + 0.5, 0), 1)
        return float(contrasted ** (1 / gamma))

    return [round(_TOP * change(level / _TOP)) for level in range(_TOP + 1)]


def _map_levels(image: Image.Image, levels: list[int]) -> Image.Image:
    alpha = _IDENTITY if image.mode in ("LA", "RGBA") else []
    return image.point(levels * (3 if image.mode.startswith("RGB") else 1) + alpha)


def _to_gray(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "LA"):
        return image
    gray = in_mode(image, "RGB").convert("L", _LUMINANCE)
    if image.mode == "RGBA":
        gray.putalpha(image.getchannel("A"))
    return gray


def _saturate(image: Image.Image, factor: float) -> Image.Image:
    if image.mode in ("L", "LA"):
        return image
    return Image.blend(_to_gray(image).convert(image.mode), image, factor)


def _tint(image: Image.Image, colour: tuple[int, ...], strength: float) -> Image.Image:
    """Map middle grey to the colour, and black and white to themselves, blended with the image by `strength`."""
    mode = "RGBA" if image.mode in ("LA", "RGBA") else "RGB"
    ramps = [level for channel in colour for level in _ramp(channel)] + (_IDENTITY if mode == "RGBA" else [])
    tinted = _to_gray(image).convert(mode).point(ramps)
    return Image.blend(image.convert(mode), tinted, strength) if strength < 1 else tinted


def _ramp(channel: int) -> list[int]:
    dark = [round(channel * level / _MIDDLE) for level in range(_MIDDLE)]
    light = [channel + round((_TOP - channel) * (level - _MIDDLE) / (_TOP - _MIDDLE)) for level in range(_MIDDLE, 256)]
    return dark + light


def _parse(digits: str) -> tuple[tuple[int, ...], float]:
    red, green, blue, *alpha = bytes.fromhex(digits)
    return (red, green, blue), (alpha[0] / _TOP if alpha else 1)
