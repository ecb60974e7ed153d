"""What is wanted of an image, and its spellings: `300x200,fit=cover,f=webp` <-> `Transform`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import MalformedTransform
from .ladder import NO_LADDER
from .options import BY_NAME, OPTIONS, PRESET, TABLE
from .syntax import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ladder import Ladder

MAX_BYTES = 200
"""The longest transform: with a key of 800 bytes and the slash it stays below S3's 1,024."""

NOTHING = "dpr=1"
"""The canonical spelling of a transform that asks for nothing, since a path must have one."""

NO_PRESETS: Mapping[str, str] = MappingProxyType({})

_SIZE = re.compile(r"([0-9]*)x([0-9]*)")


@dataclass(frozen=True, slots=True)
class Transform:
    """The options of `grammar.options` by name: sides in pixels, colours as 6 or 8 digits, None where none is said."""

    width: int | None = None
    height: int | None = None
    aspect: tuple[int, int] | None = None
    fit: str = "contain"
    gravity: str | tuple[Decimal, Decimal] = "center"
    crop: tuple[int, int, int, int] | tuple[Decimal, Decimal, Decimal, Decimal] | None = None
    trim: int | None = None
    rotate: Decimal = Decimal(0)
    flip: str | None = None
    orient: str = "auto"
    blur: Decimal | None = None
    sharpen: Decimal | None = None
    pixelate: int | None = None
    brightness: Decimal = Decimal(1)
    contrast: Decimal = Decimal(1)
    gamma: Decimal = Decimal(1)
    saturation: Decimal = Decimal(1)
    gray: bool = False
    tint: str | None = None
    background: str | None = None
    watermark: str | None = None
    wm_gravity: str | tuple[Decimal, Decimal] = "southeast"
    wm_scale: Decimal = Decimal("0.2")
    wm_margin: Decimal = Decimal("0.02")
    wm_opacity: Decimal = Decimal(1)
    wm_tile: bool = False
    text: str | None = None
    text_gravity: str | tuple[Decimal, Decimal] = "south"
    text_size: int | Decimal = Decimal("0.06")
    text_margin: Decimal = Decimal("0.02")
    text_color: str = "ffffff"
    border: tuple[int, str] | None = None
    radius: int | str | None = None
    opacity: Decimal = Decimal(1)
    quality: int | str | None = None
    max_bytes: int | None = None
    lossless: bool = False
    progressive: bool = False
    metadata: str = "none"
    profile: str = "srgb"
    frame: int | None = None
    animate: bool = True
    format: str | None = None
    dpr: Decimal = Decimal(1)
    version: str | None = None
    signature: str | None = None

    @property
    def canonical(self) -> str:
        """The one spelling that is stored: `WxH`, then the order of the table, short names, nothing without effect."""
        values = {option.alias: getattr(self, option.name) for option in TABLE}
        texts = effective({alias: write(value) for alias, value in values.items() if value is not None})
        sides = texts.get("w", ""), texts.get("h", "")
        parts = ["x".join(sides)] if any(sides) else []
        parts += [f"{option.alias}={texts[option.alias]}" for option in OPTIONS if option.alias in texts]
        return ",".join(parts) or NOTHING


def effective(texts: Mapping[str, str]) -> dict[str, str]:
    """Return those of the options that have an effect; all are by alias, in their canonical spelling."""
    described = texts.get("f") == "json"  # it is the original that is described
    left = {alias: text for alias, text in texts.items() if not described or alias in ("f", "v", "s")}
    for option in TABLE:
        if option.alias in left and not option.matters(left):
            del left[option.alias]
    return left


def looks_like_transform(segment: str) -> bool:
    """Tell whether a path's `segment` is meant as a transform, well formed or not."""
    size = _SIZE.fullmatch(segment)
    return "=" in segment or "," in segment or (size is not None and segment != "x")


def parse_transform(segment: str, presets: Mapping[str, str] = NO_PRESETS, ladder: Ladder = NO_LADDER) -> Transform:
    """Read one path segment, already percent-decoded; options without effect get their default.

    A preset is written out; what is said beside it counts more. The ladder holds for what is not signed: whoever signs
    chose the size. Raises MalformedTransform for anything that is not the
    grammar to the letter: no empty part, no leading zero, nothing said twice, and at most 200 bytes, the canonical
    spelling's too.
    """
    if len(segment.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise MalformedTransform(segment, f"a transform has at most {MAX_BYTES} bytes")
    texts = effective(_read(segment, presets))
    values: dict[str, Any] = {BY_NAME[alias].name: BY_NAME[alias].parse(text) for alias, text in texts.items()}
    transform = Transform(**values)
    if transform.signature is None:
        width, height = ladder.snap((transform.width, transform.height))
        transform = replace(transform, width=width, height=height)
    if len(transform.canonical) > MAX_BYTES:
        raise MalformedTransform(segment, f"a transform has at most {MAX_BYTES} bytes, with its colours written out")
    return transform


def _read(segment: str, presets: Mapping[str, str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    preset: dict[str, str] | None = None
    for part in segment.split(","):
        for name, text in _split(part):
            if name == PRESET.name:
                if preset is not None or text not in presets:
                    raise MalformedTransform(part, "there is no such preset, or two are said")
                preset = _read(presets[text], NO_PRESETS)
                continue
            option = BY_NAME.get(name)
            if option is None:
                raise MalformedTransform(part, "there is no such option")
            if option.alias in texts:
                raise MalformedTransform(part, f"{option.name} is said twice")
            try:
                texts[option.alias] = write(option.parse(text))
            except ValueError as error:
                raise MalformedTransform(part, str(error)) from error
    return (preset or {}) | texts


def _split(part: str) -> list[tuple[str, str]]:
    size = _SIZE.fullmatch(part)
    if size and part != "x":
        return [(name, text) for name, text in zip("wh", size.groups(), strict=True) if text]
    name, equals, text = part.partition("=")
    if not equals:
        raise MalformedTransform(part, "a size such as 300x200, or name=value, is expected")
    return [(name, text)]
