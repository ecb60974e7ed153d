"""The options of a transform: the one table that all spellings are read from.

The parser and the canonical spelling read it; `make generate` writes it into the documents and the edge's function.
Adding an option is one entry here, a field of `Transform`, and a step of the pipeline that reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .syntax import Value

MAX_SIDE = 16383
"""The longest side that may be asked for, in pixels: WebP holds no more (RFC 9649, section 2.5)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    `syntax` is in the notation of `grammar.syntax`, and so is the text of the `default`, if there is any. `needs` says
    when the option has an effect: ways separated by "/" of terms joined by "+", a term being an alias that must have a
    value, `alias=value`, or either with a "!" before it.
    """

    name: str
    alias: str
    syntax: str
    doc: str
    default: str = ""
    needs: str = ""

    def parse(self, text: str) -> Value:
        """Return what the text means; raise ValueError with the public reason."""
        return syntax.parse(self.syntax, text)

    def matters(self, texts: Mapping[str, str]) -> bool:
        """Tell whether the option has an effect beside the others, given by alias in their canonical spelling."""
        return texts.get(self.alias) != self.default and (
            not self.needs or any(all(_holds(term, texts) for term in way.split("+")) for way in self.needs.split("/"))
        )

    @property
    def line(self) -> str:
        """The option as the edge's function has it: name, alias where that is another, syntax, default, needs."""
        alias = self.alias if self.alias != self.name else ""
        return f"{self.name} {alias} {self.syntax} {self.default} {self.needs}".rstrip()


def _holds(term: str, texts: Mapping[str, str]) -> bool:
    alias, equals, text = term.removeprefix("!").partition("=")
    holds = texts.get(alias) == text if equals else alias in texts
    return holds != term.startswith("!")


SIZES = (
    Option("width", "w", f"1..{MAX_SIDE}", "Width of the box in pixels; the same as `300x`."),
    Option("height", "h", f"1..{MAX_SIDE}", "Height of the box in pixels; the same as `x200`."),
)
"""These two have a spelling of their own in the canonical form, `WxH`, and come first."""

OPTIONS = (
    Option(
        name="aspect",
        alias="ar",
        syntax="ratio",
        needs="w+!h/h+!w/!w+!h+fit=cover/!w+!h+fit=fill/!w+!h+fit=pad",
        doc="Gives the box the side that is missing; without any, the box is the largest in the image, for `pad` the "
        "smallest around it.",
    ),
    Option(
        name="fit",
        alias="fit",
        syntax="contain|cover|fill|pad|upscale",
        default="contain",
        needs="w+h/ar/w+fit=upscale/h+fit=upscale",
        doc="`contain`: inside the box, aspect kept, never enlarged; `upscale`: the same, enlarged if need be; "
        "`cover`: fills the box and crops; `fill`: stretches; `pad`: inside the box, with bars.",
    ),
    Option(
        name="gravity",
        alias="g",
        syntax="compass|auto|0.000..1:0.000..1",
        default="center",
        needs="fit=cover/fit=pad",
        doc="What `cover` keeps, and where `pad` puts the image: a point of the compass, or a focal point, across and "
        "down, in fractions of the image. `auto` keeps the part with most edges, saturated colours and skin; "
        "of what is turned by less than a quarter the centre.",
    ),
    Option(
        name="crop",
        alias="crop",
        syntax="0..65535:0..65535:1..65535:1..65535|fraction:fraction:fraction:fraction",
        doc="Left, top, width and height of the part to use, before all else: in pixels of the upright original, or "
        "in fractions of it, which have a decimal point.",
    ),
    Option(
        name="trim",
        alias="trim",
        syntax="0..254",
        doc="Cuts off edges that are like the upper left pixel, after `crop`; how much a channel may differ, of 255.",
    ),
    Option(
        name="rotate",
        alias="rotate",
        syntax="0.0..359.9",
        default="0",
        doc="Degrees clockwise, before resizing. Corners that come into being are transparent, or have the background.",
    ),
    Option(
        name="flip",
        alias="flip",
        syntax="h|v|hv|vh>hv",
        doc="Mirrors the image after it was rotated: left to right, top to bottom, or both.",
    ),
    Option(
        name="orient",
        alias="orient",
        syntax="auto|none",
        default="auto",
        doc="`none` leaves the pixels as they are stored, whatever EXIF says is up.",
    ),
    Option(
        name="blur",
        alias="blur",
        syntax="0.3..250",
        doc="Standard deviation in pixels of the result.",
    ),
    Option(
        name="sharpen",
        alias="sharpen",
        syntax="0.1..10",
        doc="Strength; 1 is visible, more is for effect.",
    ),
    Option(
        name="pixelate",
        alias="pixelate",
        syntax="2..1000",
        doc="Side of the squares, in pixels of the result.",
    ),
    Option(
        name="brightness",
        alias="brightness",
        syntax="0.00..4",
        default="1",
        doc="Factor, as CSS's filter.",
    ),
    Option(
        name="contrast",
        alias="contrast",
        syntax="0.00..4",
        default="1",
        doc="Factor, as CSS's filter.",
    ),
    Option(
        name="gamma",
        alias="gamma",
        syntax="0.10..10",
        default="1",
        doc="More than 1 makes the middle lighter, less than 1 darker.",
    ),
    Option(
        name="saturation",
        alias="saturation",
        syntax="0.00..4",
        default="1",
        needs="!gray=true",
        doc="Factor, as CSS's filter `saturate`.",
    ),
    Option(
        name="gray",
        alias="gray",
        syntax="true|false",
        default="false",
        doc="`true` leaves no colour.",
    ),
    Option(
        name="tint",
        alias="tint",
        syntax="colour",
        doc="What middle grey becomes: black stays black, and white white. Its alpha, if any, is the strength.",
    ),
    Option(
        name="background",
        alias="bg",
        syntax="colour",
        doc="Colour of bars, and behind transparency; without, both are as transparent as the image may be, or white.",
    ),
    Option(
        name="watermark",
        alias="wm",
        syntax="file",
        doc="Lays another image over the result: its name below the deployment's `WatermarkPrefix`.",
    ),
    Option(
        name="wm_gravity",
        alias="wm_g",
        syntax="compass|0.000..1:0.000..1",
        default="southeast",
        needs="wm+!wm_tile=true",
        doc="Where the watermark is, as `gravity` places the image of `pad`.",
    ),
    Option(
        name="wm_scale",
        alias="wm_scale",
        syntax="0.01..1",
        default="0.2",
        needs="wm",
        doc="Its width, as a fraction of the result's; less where it would reach into the margin.",
    ),
    Option(
        name="wm_margin",
        alias="wm_margin",
        syntax="0.000..0.4",
        default="0.02",
        needs="wm",
        doc="What stays free around it, as a fraction of the result's shorter side.",
    ),
    Option(
        name="wm_opacity",
        alias="wm_opacity",
        syntax="0.01..1",
        default="1",
        needs="wm",
        doc="Of the watermark.",
    ),
    Option(
        name="wm_tile",
        alias="wm_tile",
        syntax="true|false",
        default="false",
        needs="wm",
        doc="`true` repeats it all over the result, from the middle, with the margin between.",
    ),
    Option(
        name="text",
        alias="text",
        syntax="base64url",
        doc="Writes a text over the result: UTF-8 as base64url without padding. Up to 4 lines, separated by line "
        "feeds, in Latin, Greek or Cyrillic letters.",
    ),
    Option(
        name="text_gravity",
        alias="text_g",
        syntax="compass|0.000..1:0.000..1",
        default="south",
        needs="text",
        doc="Where it is, and to which side its lines are aligned.",
    ),
    Option(
        name="text_size",
        alias="text_size",
        syntax="4..1000|fraction",
        default="0.06",
        needs="text",
        doc="In pixels, as CSS's `font-size`, or as a fraction of the result's width; less where it would reach into "
        "the margin, since lines are never broken.",
    ),
    Option(
        name="text_margin",
        alias="text_margin",
        syntax="0.000..0.4",
        default="0.02",
        needs="text",
        doc="What stays free around it, as a fraction of the result's shorter side.",
    ),
    Option(
        name="text_color",
        alias="text_color",
        syntax="colour",
        default="ffffff",
        needs="text",
        doc="Of the letters; their outline is black around light ones, else white. Its alpha, if any, is both's.",
    ),
    Option(
        name="border",
        alias="border",
        syntax="1..1000:colour",
        doc="Width in pixels and colour of a border around the box, which adds to its size.",
    ),
    Option(
        name="radius",
        alias="radius",
        syntax="1..8192|max",
        doc="Radius of rounded corners in pixels; `max`: a circle, or the round ends of a pill.",
    ),
    Option(
        name="opacity",
        alias="opacity",
        syntax="0.00..1",
        default="1",
        doc="Of the whole image.",
    ),
    Option(
        name="quality",
        alias="q",
        syntax="1..100|auto",
        doc="On JPEG's scale, for JPEG, WebP, AVIF and JPEG XL; without, the deployment's (80). `auto`: the lowest "
        "that still looks like the image, measured by its structural similarity.",
    ),
    Option(
        name="max_bytes",
        alias="max_bytes",
        syntax="500..20000000",
        doc="Lowers the quality until the file has no more bytes; 413 where none is low enough.",
    ),
    Option(
        name="lossless",
        alias="lossless",
        syntax="true|false",
        default="false",
        doc="For WebP and JPEG XL: not a bit is lost. AVIF comes within 3 of 255 levels; PNG is so anyway, and JPEG "
        "can't: there it says nothing.",
    ),
    Option(
        name="progressive",
        alias="progressive",
        syntax="true|false",
        default="false",
        doc="For JPEG: shows the whole at once, and then ever sharper.",
    ),
    Option(
        name="metadata",
        alias="metadata",
        syntax="none|copyright|all",
        default="none",
        doc="What is kept of EXIF and XMP; `copyright` keeps the names of its holder and of the artist.",
    ),
    Option(
        name="profile",
        alias="profile",
        syntax="srgb|keep",
        default="srgb",
        doc="`keep` leaves the colours of an RGB image in the space of its profile, as for wide gamuts; not in GIF and "
        "JPEG XL, nor if they become grey.",
    ),
    Option(
        name="frame",
        alias="frame",
        syntax="0..999",
        doc="Only this frame of an animation, the first being 0.",
    ),
    Option(
        name="animate",
        alias="animate",
        syntax="true|false",
        default="true",
        needs="!frame",
        doc="`false`: only the first frame of an animation.",
    ),
    Option(
        name="format",
        alias="f",
        syntax="jpeg|jpg>jpeg|png|webp|avif|gif|jxl|auto|json",
        doc="`auto`: AVIF or WebP where the browser's `Accept` header names it, else the original's format, or where "
        "browsers can't show that, GIF, PNG or JPEG. `json`: no image, but a description of the "
        "original. Without, the original's.",
    ),
    Option(
        name="dpr",
        alias="dpr",
        syntax="1.00..4",
        default="1",
        needs="w/h",
        doc="Device pixel ratio: multiplies the box, and `blur`, `pixelate`, `text_size`, `border` and `radius` with "
        "it.",
    ),
    Option(
        name="version",
        alias="v",
        syntax="name",
        doc="No effect on pixels; browsers keep the image for a year.",
    ),
    Option(
        name="signature",
        alias="s",
        syntax="signature",
        doc="Says that whoever has the deployment's key wants this transform of this original: [signed "
        "URLs](#signed-urls).",
    ),
)
"""In the order of the canonical form."""

TABLE = (*SIZES, *OPTIONS)

PRESET = Option(
    name="preset",
    alias="preset",
    syntax="name",
    doc="A transform that the deployment has under this name; what else is said counts more. The edge writes it out.",
)
"""It stands for other options, so no transform has it."""

BY_NAME = {name: option for option in TABLE for name in (option.name, option.alias)}
