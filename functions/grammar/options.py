"""The table of options: every spelling of a transform is defined here, and nowhere else.

The parser and the canonical spelling read it, and `make generate` writes it into the documents and the edge function.
CONTRIBUTING.md lists what an option takes besides its entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import syntax

if TYPE_CHECKING:
    from .syntax import Value

MAX_SIDE = 16383
"""The longest side that can be requested, in pixels: the limit of WebP (RFC 9649, section 2.5)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    `syntax` is in the notation of `grammar.syntax`; `default`, if any, is a text of that syntax. `form` describes the
    value to a person where the syntax can't, and `example` is such a value. `needs` is the condition under which the
    option has an effect (`grammar.effects`): alternatives separated by "/", of terms joined by "+". A term is the
    alias of an option without a default, which must be given, or `alias=value`; "!" before either negates it.
    """

    name: str
    alias: str
    syntax: str
    doc: str
    default: str = ""
    needs: str = ""
    form: str = ""
    example: str = ""

    def parse(self, text: str) -> Value:
        """Return the value of `text`. Raises ValueError with a message for the author of the URL."""
        value = syntax.parse(self.syntax, text)
        if value is None:
            from .hints import suggest_value  # noqa: PLC0415 - not needed without an error, and a cold start counts

            example = f", for example {self.example}" * bool(self.example)
            raise ValueError(f"{self.name} must be {self.values}{example}{suggest_value(text, self.syntax)}")
        return value

    @property
    def values(self) -> str:
        """The values that are allowed, for people."""
        return self.form or syntax.describe(self.syntax)

    @property
    def line(self) -> str:
        """The option in the edge function's table: name, alias if it differs, syntax, default, needs."""
        alias = self.alias if self.alias != self.name else ""
        return f"{self.name} {alias} {self.syntax} {self.default} {self.needs}".rstrip()


_FOCAL_POINT = "or a point x:y from 0:0 to 1:1 (up to 3 decimals)"
_COMPASS = ", ".join(syntax.COMPASS)

SIZES = (
    Option("width", "w", f"1..{MAX_SIDE}", "Width of the box in pixels; `w=300` is the same as `300x`."),
    Option("height", "h", f"1..{MAX_SIDE}", "Height of the box in pixels; `h=200` is the same as `x200`."),
)
"""The canonical spelling writes these two as `WxH`, in front of the others."""

OPTIONS = (
    Option(
        name="aspect",
        alias="ar",
        syntax="ratio",
        needs="w+!h/h+!w/!w+!h+fit=cover/!w+!h+fit=fill/!w+!h+fit=pad",
        doc="Aspect ratio of the box: computes the missing side. Without any side the box is the largest one inside "
        "the image, for `pad` the smallest one around it.",
    ),
    Option(
        name="fit",
        alias="fit",
        syntax="contain|scale-down>contain|cover|crop>cover|fill|pad|upscale",
        default="contain",
        needs="w+h/ar/w+fit=upscale/h+fit=upscale",
        doc="`contain`: fits inside the box, keeps the aspect ratio, never enlarges. `upscale`: like `contain`, but "
        "enlarges. `cover`: fills the box and crops what is outside. `fill`: stretches to the box. `pad`: like "
        "`contain`, with bars up to the box.",
    ),
    Option(
        name="gravity",
        alias="g",
        syntax="compass|auto|0.000..1:0.000..1",
        default="center",
        needs="fit=cover/fit=pad",
        form=f"{_COMPASS}, auto, {_FOCAL_POINT}",
        example="0.5:0.25",
        doc="The part that `cover` keeps, and the place where `pad` puts the image: a compass point or a focal point. "
        "`auto` keeps the part with the most edges, saturated colours and skin tones; with `rotate` by other than "
        "quarter turns it is the centre.",
    ),
    Option(
        name="crop",
        alias="crop",
        syntax="0..65535:0..65535:1..65535:1..65535|fraction:fraction:fraction:fraction",
        form="left:top:width:height, in pixels or in fractions",
        example="0.1:0.1:0.5:0.5",
        doc="The part of the image to use, cut out before all other steps: in pixels of the upright original, or in "
        "fractions of it, written with a decimal point and up to 4 decimals.",
    ),
    Option(
        name="trim",
        alias="trim",
        syntax="0..254",
        doc="Removes uniform edges after `crop`: those whose pixels differ from the upper left one by at most so many "
        "of 255 levels in each channel.",
    ),
    Option(
        name="rotate",
        alias="rotate",
        syntax="angle",
        default="0",
        doc="Degrees clockwise, before resizing; negative ones counterclockwise. The new corners are transparent or "
        "have the colour of `background`.",
    ),
    Option(
        name="flip",
        alias="flip",
        syntax="h|v|hv|vh>hv",
        doc="Mirrors the rotated image: `h` left to right, `v` top to bottom, `hv` both.",
    ),
    Option(
        name="orient",
        alias="orient",
        syntax="auto|none",
        default="auto",
        doc="`none` ignores the EXIF orientation and leaves the pixels as they are stored.",
    ),
    Option(
        name="blur",
        alias="blur",
        syntax="0.3..250",
        doc="Standard deviation of a Gaussian blur, in pixels of the result.",
    ),
    Option(
        name="sharpen",
        alias="sharpen",
        syntax="0.1..10",
        doc="Strength of the sharpening: 1 is visible, more is an effect.",
    ),
    Option(
        name="pixelate",
        alias="pixelate",
        syntax="2..1000",
        doc="Side of the squares in pixels of the result.",
    ),
    Option(
        name="brightness",
        alias="brightness",
        syntax="0.00..4",
        default="1",
        doc="Factor, as in CSS's filter `brightness`.",
    ),
    Option(
        name="contrast",
        alias="contrast",
        syntax="0.00..4",
        default="1",
        doc="Factor, as in CSS's filter `contrast`.",
    ),
    Option(
        name="gamma",
        alias="gamma",
        syntax="0.10..10",
        default="1",
        doc="Above 1 brightens the midtones, below 1 darkens them.",
    ),
    Option(
        name="saturation",
        alias="saturation",
        syntax="0.00..4",
        default="1",
        needs="!gray=true",
        doc="Factor, as in CSS's filter `saturate`.",
    ),
    Option(
        name="gray",
        alias="gray",
        syntax="true|false",
        default="false",
        doc="`true` removes all colour.",
    ),
    Option(
        name="tint",
        alias="tint",
        syntax="colour",
        example="cc8844",
        doc="The colour that middle grey becomes; black stays black, and white stays white. Its alpha is the strength.",
    ),
    Option(
        name="background",
        alias="bg",
        syntax="colour",
        example="ffffff",
        doc="Colour of bars and behind transparent pixels. Without it both are transparent if the format allows, "
        "otherwise white.",
    ),
    Option(
        name="watermark",
        alias="wm",
        syntax="file",
        example="logo.png",
        doc="Draws another image over the result: its name under the deployment's `WatermarkPrefix`.",
    ),
    Option(
        name="wm_gravity",
        alias="wm_g",
        syntax="compass|0.000..1:0.000..1",
        default="southeast",
        needs="wm+!wm_tile=true",
        form=f"{_COMPASS} {_FOCAL_POINT}",
        example="0.5:0.25",
        doc="Position of the watermark.",
    ),
    Option(
        name="wm_scale",
        alias="wm_scale",
        syntax="0.01..1",
        default="0.2",
        needs="wm",
        doc="Width of the watermark as a fraction of the result's width. It shrinks if it would reach into the margin.",
    ),
    Option(
        name="wm_margin",
        alias="wm_margin",
        syntax="0.000..0.4",
        default="0.02",
        needs="wm",
        doc="Free space around the watermark as a fraction of the result's shorter side.",
    ),
    Option(
        name="wm_opacity",
        alias="wm_opacity",
        syntax="0.01..1",
        default="1",
        needs="wm",
        doc="Opacity of the watermark.",
    ),
    Option(
        name="wm_tile",
        alias="wm_tile",
        syntax="true|false",
        default="false",
        needs="wm",
        doc="`true` repeats the watermark over the whole result, starting in the middle, with the margin between.",
    ),
    Option(
        name="text",
        alias="text",
        syntax="base64url",
        example="SGVsbG8",
        doc="Draws a text over the result: UTF-8, encoded as base64url without padding. Up to 4 lines, separated by "
        "line feeds, in Latin, Greek or Cyrillic letters.",
    ),
    Option(
        name="text_gravity",
        alias="text_g",
        syntax="compass|0.000..1:0.000..1",
        default="south",
        needs="text",
        form=f"{_COMPASS} {_FOCAL_POINT}",
        example="0.5:0.25",
        doc="Position of the text, and the alignment of its lines.",
    ),
    Option(
        name="text_size",
        alias="text_size",
        syntax="4..1000|fraction",
        default="0.06",
        needs="text",
        form="4 to 1000 pixels or a fraction 0.0 to 1.0",
        example="0.06",
        doc="Font size in pixels, as in CSS, or as a fraction of the result's width. Lines are never broken: text "
        "shrinks if it would reach into the margin.",
    ),
    Option(
        name="text_margin",
        alias="text_margin",
        syntax="0.000..0.4",
        default="0.02",
        needs="text",
        doc="Free space around the text as a fraction of the result's shorter side.",
    ),
    Option(
        name="text_color",
        alias="text_color",
        syntax="colour",
        default="ffffff",
        needs="text",
        example="ffffff",
        doc="Colour of the letters; their outline is black around light letters, otherwise white. Its alpha applies "
        "to both.",
    ),
    Option(
        name="border",
        alias="border",
        syntax="1..1000:colour",
        form="width:colour, 1 to 1000 pixels and 3, 4, 6 or 8 hexadecimal digits or a name of CSS",
        example="4:000000",
        doc="Border around the box, which adds to its size.",
    ),
    Option(
        name="radius",
        alias="radius",
        syntax="1..8192|max",
        doc="Radius of rounded corners in pixels; `max` makes a circle or a pill.",
    ),
    Option(
        name="opacity",
        alias="opacity",
        syntax="0.00..1",
        default="1",
        doc="Opacity of the whole image.",
    ),
    Option(
        name="quality",
        alias="q",
        syntax="1..100|auto",
        doc="Quality on JPEG's scale, for JPEG, WebP, AVIF and JPEG XL; without it the deployment's default (80). "
        "`auto`: the lowest quality that still looks like the image, measured by structural similarity (SSIM).",
    ),
    Option(
        name="max_bytes",
        alias="max_bytes",
        syntax="500..20000000",
        doc="Lowers the quality until the file is no larger than this; 413 if even the lowest quality is too large.",
    ),
    Option(
        name="lossless",
        alias="lossless",
        syntax="true|false",
        default="false",
        doc="Lossless WebP and JPEG XL. AVIF differs by at most 3 of 255 levels. Ignored for other formats.",
    ),
    Option(
        name="progressive",
        alias="progressive",
        syntax="true|false",
        default="false",
        doc="Progressive JPEG: shows the whole image early and refines it. Ignored for other formats.",
    ),
    Option(
        name="metadata",
        alias="metadata",
        syntax="none|copyright|all",
        default="none",
        doc="The EXIF and XMP that is kept; `copyright` keeps only the names of the copyright holder and the artist. "
        "Where originals are not served, `all` takes a signature or a preset, without places or serial numbers.",
    ),
    Option(
        name="profile",
        alias="profile",
        syntax="srgb|keep",
        default="srgb",
        doc="`keep` leaves an RGB image in its own colour space, for example a wide gamut, instead of sRGB. Ignored "
        "for GIF, JPEG XL and images that become grey.",
    ),
    Option(
        name="frame",
        alias="frame",
        syntax="0..999",
        doc="Number of the one frame of an animation to use, counted from 0.",
    ),
    Option(
        name="animate",
        alias="animate",
        syntax="true|false",
        default="true",
        needs="!frame",
        doc="`false` uses only the first frame of an animation.",
    ),
    Option(
        name="format",
        alias="f",
        syntax="jpeg|jpg>jpeg|png|webp|avif|gif|jxl|auto|json",
        doc="`auto`: AVIF or WebP if the browser's `Accept` header names it, otherwise the original's format, or GIF, "
        "PNG or JPEG if browsers can't show that. `json`: a description of the original instead of an image. "
        "Without it the original's format.",
    ),
    Option(
        name="dpr",
        alias="dpr",
        syntax="1.00..4",
        default="1",
        needs="w/h",
        doc="Device pixel ratio: multiplies the box, and with it `blur`, `pixelate`, `text_size`, `border` and "
        "`radius`.",
    ),
    Option(
        name="download",
        alias="download",
        syntax="file",
        example="cat.jpg",
        doc="Browsers save the image under this name instead of showing it. The extension becomes that of the format.",
    ),
    Option(
        name="version",
        alias="v",
        syntax="name",
        doc="No effect on pixels. Browsers keep an image with a version for a year.",
    ),
    Option(
        name="signature",
        alias="s",
        syntax="signature",
        doc="Proof that the owner of the deployment's key wants this transform of this original: [signed "
        "URLs](#signed-urls).",
    ),
)
"""In the order of the canonical spelling."""

TABLE = (*SIZES, *OPTIONS)

PRESET = Option(
    name="preset",
    alias="preset",
    syntax="name",
    doc="A transform that the deployment has under this name. Options in the URL override the preset.",
)
"""It stands for other options, so it is not a field of `Transform`."""

FLAGS = frozenset(name for option in TABLE if option.syntax == "true|false" for name in (option.name, option.alias))
"""The names that may stand for `name=true` beside other parts."""

BY_NAME = {name: option for option in TABLE for name in (option.name, option.alias)}
