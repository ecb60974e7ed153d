"""What is wanted of an image, and its spellings: `300x200,fit=cover,f=webp` <-> `Transform`."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from imaging.errors import MalformedTransform
from imaging.options import BY_NAME, OPTIONS, SIZES

MAX_BYTES = 200
"""The longest transform: with a key of 800 bytes and the slash it stays below S3's 1,024."""

NOTHING = "dpr=1"
"""The canonical spelling of a transform that asks for nothing, since a path must have one."""

_SIZE = re.compile(r"([0-9]*)x([0-9]*)")


@dataclass(frozen=True, slots=True)
class Transform:
    """The options of `imaging.options` by name: sides in pixels, `dpr` in hundredths, `background` as 6 or 8 digits."""

    width: int | None = None
    height: int | None = None
    fit: str = "contain"
    gravity: str = "center"
    quality: int | None = None
    format: str | None = None
    dpr: int = 100
    background: str | None = None
    version: str | None = None

    @property
    def canonical(self) -> str:
        """The one spelling that is stored: `WxH`, then the order of the table, short names, nothing without effect."""
        values = asdict(self)
        parts = [f"{self.width or ''}x{self.height or ''}"] if self.width or self.height else []
        parts += [
            f"{option.alias}={option.write(values[option.name])}"
            for option in OPTIONS
            if values[option.name] != option.default and option.matters(values)
        ]
        return ",".join(parts) or NOTHING


def looks_like_transform(segment: str) -> bool:
    """Tell whether a path's `segment` is meant as a transform, well formed or not."""
    size = _SIZE.fullmatch(segment)
    return "=" in segment or "," in segment or (size is not None and segment != "x")


def parse_transform(segment: str) -> Transform:
    """Read one path segment, already percent-decoded; options without effect get their default.

    Raises MalformedTransform for anything that is not the grammar to the letter: no empty part, no leading zero,
    nothing said twice.
    """
    if len(segment.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise MalformedTransform(segment, f"a transform has at most {MAX_BYTES} bytes")
    values: dict[str, Any] = {}
    for part in segment.split(","):
        for name, text in _split(part):
            option = BY_NAME.get(name)
            if option is None:
                raise MalformedTransform(part, "there is no such option")
            if option.name in values:
                raise MalformedTransform(part, f"{option.name} is said twice")
            try:
                values[option.name] = option.parse(text)
            except ValueError as error:
                raise MalformedTransform(part, str(error)) from error
    fit_counts = {"fit": "contain", **values}
    return Transform(**{name: value for name, value in values.items() if BY_NAME[name].matters(fit_counts)})


def _split(part: str) -> list[tuple[str, str]]:
    size = _SIZE.fullmatch(part)
    if size and part != "x":
        return [(option.name, text) for option, text in zip(SIZES, size.groups(), strict=True) if text]
    name, equals, text = part.partition("=")
    if not equals:
        raise MalformedTransform(part, "a size such as 300x200, or name=value, is expected")
    return [(name, text)]
