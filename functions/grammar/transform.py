"""The transform of an image and its spellings: `300x200,fit=cover,f=webp` <-> `Transform`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .effects import effective
from .errors import MalformedTransform
from .ladder import NO_LADDER
from .options import BY_NAME, FLAGS, OPTIONS, PRESET
from .syntax import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ladder import Ladder
    from .syntax import Value

MAX_BYTES = 200
"""The longest transform: with a key of 800 bytes and the slash it stays below S3's limit of 1,024."""

IDENTITY = "dpr=1"
"""The canonical spelling of a transform without options, since a path must contain one."""

_SIZE = re.compile(r"([0-9]*)x([0-9]*)")


@dataclass(frozen=True, slots=True)
class Transform:
    """The options of `grammar.options` by name: sides in pixels, colours as 6 or 8 digits, None for "not given"."""

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
    download: str | None = None
    version: str | None = None
    signature: str | None = None

    canonical: str = field(init=False, repr=False)
    """The one spelling that is stored: `WxH`, then the table's order, aliases, only options that have an effect.

    Computed from the options whenever an object is made: `dataclasses.replace` neither copies it nor accepts another.
    It is compared too, because a crop in pixels may equal one in fractions: 0:0:1:1 and 0.0:0.0:1.0:1.0.
    """

    def __post_init__(self) -> None:
        """Write the canonical spelling."""
        given = {name: value for name, default in _DEFAULTS.items() if (value := getattr(self, name)) != default}
        object.__setattr__(self, "canonical", _spell(effective(given)))


_DEFAULTS: dict[str, Any] = {option.name: option.default for option in fields(Transform) if option.init}


def _spell(values: Mapping[str, Value]) -> str:
    """Write the canonical spelling of the values that have an effect, by name."""
    width, height = values.get("width", ""), values.get("height", "")
    parts = [f"{width}x{height}"] if width or height else []
    parts += [f"{option.alias}={write(values[option.name])}" for option in OPTIONS if option.name in values]
    return ",".join(parts) or IDENTITY


def looks_like_transform(segment: str) -> bool:
    """Tell whether a path's `segment` is meant as a transform, well-formed or not."""
    size = _SIZE.fullmatch(segment)
    return "=" in segment or "," in segment or (size is not None and segment != "x")


def is_transform(segment: str) -> bool:
    """Tell whether a path's `segment` can be parsed as a transform, where every preset exists.

    The edge rewrites such a segment, so no original can have it as its first folder. Any other segment is a folder like
    `year=2026` or `Doe, Jane`, even if it looks like a transform.
    """
    if not looks_like_transform(segment):
        return False
    parts = [part.partition("=") for part in segment.split(",")]
    named = {text: IDENTITY for name, _, text in parts if name == PRESET.name}
    try:
        parse_transform(segment, named)
    except MalformedTransform:
        return False
    return True


def parse_transform(segment: str, presets: Mapping[str, str] | None = None, ladder: Ladder = NO_LADDER) -> Transform:
    """Parse one path segment, already percent-decoded; options that have no effect get their default.

    A preset is replaced by its options; options in the URL override it. Without `presets`, `preset=` is an error. The
    ladder is not applied to a signed transform: its size was chosen by the owner of the key.

    Raises MalformedTransform for anything that is not exactly the grammar (an empty part, a leading zero, an option
    given twice), and for more than 200 bytes, in this spelling or in the canonical one.
    """
    if len(segment.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise MalformedTransform(segment, f"longer than {MAX_BYTES} bytes")
    given = _parse(segment, presets)
    values: dict[str, Any] = effective({name: value for name, value in given.items() if value != _DEFAULTS[name]})
    if "signature" not in values:
        box = ladder.snap((values.get("width"), values.get("height")))
        values |= {name: side for name, side in zip(("width", "height"), box, strict=True) if side}
    transform = Transform(**values)
    if len(transform.canonical) > MAX_BYTES:
        raise MalformedTransform(segment, f"longer than {MAX_BYTES} bytes in its canonical spelling")
    return transform


def _parse(segment: str, presets: Mapping[str, str] | None) -> dict[str, Value]:
    """Return the values that are given in the segment, by the options' names."""
    values: dict[str, Value] = {}
    preset: dict[str, Value] | None = None
    parts = segment.split(",")
    for part in parts:
        for name, text in _split(part, presets, is_alone=len(parts) == 1):
            if name == PRESET.name:
                if preset is not None:
                    raise MalformedTransform(part, "only one preset is allowed")
                preset = _parse(_find_preset(part, text, presets), None)
                continue
            option = BY_NAME.get(name)
            if option is None:
                raise MalformedTransform(part, _unknown(name))
            if option.name in values:
                raise MalformedTransform(part, f"{option.name} is given twice")
            try:
                values[option.name] = option.parse(text)
            except ValueError as error:
                raise MalformedTransform(part, str(error)) from error
    return (preset or {}) | values


def _split(part: str, presets: Mapping[str, str] | None, *, is_alone: bool) -> list[tuple[str, str]]:
    """Return names and texts; `gray` is `gray=true`, unless it is alone, where it may be the name of a folder."""
    size = _SIZE.fullmatch(part)
    if size and part != "x":
        return [(name, text) for name, text in zip("wh", size.groups(), strict=True) if text]
    name, equals, text = part.partition("=")
    if not equals and name in FLAGS and not is_alone:
        return [(name, "true")]
    if not equals:
        from .hints import suggest_part  # noqa: PLC0415 - not needed without an error, and a cold start counts

        reason = "expected a size like 300x200, or an option like q=80"
        raise MalformedTransform(part, reason + suggest_part(part, presets or ()))
    return [(name, text)]


def _find_preset(part: str, name: str, presets: Mapping[str, str] | None) -> str:
    if presets is None:
        raise MalformedTransform(part, "a preset is not allowed here")
    if name not in presets:
        from .hints import suggest  # noqa: PLC0415 - not needed without an error, and a cold start counts

        known = ", ".join(sorted(presets)) or "none"
        raise MalformedTransform(part, f"unknown preset (this deployment has: {known}){suggest(name, sorted(presets))}")
    return presets[name]


def _unknown(name: str) -> str:
    from .hints import suggest  # noqa: PLC0415 - not needed without an error, and a cold start counts

    return "unknown option" + suggest(name, [*BY_NAME, PRESET.name])
