"""The description of an original, which `format=json` returns."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image
from PIL.Image import Resampling

from grammar.transform import Transform
from imaging.analysis.blurhash import blurhash
from imaging.layout.orientation import stored_size
from imaging.pipeline import apply
from imaging.reading.decoder import decode, read_header
from imaging.writing.encoder import Encoded

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from imaging.limits import Limits

_THUMBNAIL = Transform(width=64, height=64, format="png", animate=False)
_HASHED = 32
"""Pixels of the longest side of the image that BlurHash sees."""

_HALF = 128
_NAME_LENGTH = 100


def describe(data: bytes, limits: Limits) -> Encoded:
    """Return JSON about an original: the facts of its header, and the main colour and BlurHash of its first frame.

    `width` and `height` are those of the upright image. Raises what `imaging.reading.decoder.decode` does.
    """
    header = read_header(data, limits)
    width, height = stored_size(header.size, header.orientation)
    small = apply(decode(data, _THUMBNAIL, limits), _THUMBNAIL).frames[0].image.convert("RGBA")
    thumbnail = Image.new("RGBA", small.size, "white")
    thumbnail.alpha_composite(small)
    thumbnail = thumbnail.convert("RGB")
    description = {
        "format": header.format.name,
        "width": width,
        "height": height,
        "bytes": len(data),
        "frames": header.frames,
        "alpha": header.has_alpha,
        "orientation": header.orientation,
        "profile": _profile_name(header.profile),
        "color": _main_colour(thumbnail, small.getchannel("A")),
        "blurhash": blurhash(thumbnail.resize(_at_most(thumbnail.size, _HASHED), Resampling.BOX)),
    }
    return Encoded(json.dumps(description).encode(), "application/json", "json", width, height, header.frames)


def _at_most(size: tuple[int, int], side: int) -> tuple[int, int]:
    return min(size[0], side), min(size[1], side)


def _main_colour(image: PillowImage, alpha: PillowImage) -> str:
    """Return the most frequent colour after a reduction to at most eight, as `c04020`.

    Pixels that are less than half opaque do not count, unless all are.
    """
    reduced = image.quantize(8)
    counts = reduced.histogram(alpha.point(lambda level: 255 if level >= _HALF else 0))
    if not any(counts):
        counts = reduced.histogram()
    index = counts.index(max(counts))
    return bytes((reduced.getpalette() or [])[3 * index : 3 * index + 3]).hex()


def _profile_name(profile: bytes | None) -> str | None:
    """Return the printable part of the name in an untrusted profile."""
    if not profile:
        return None
    from PIL import ImageCms  # noqa: PLC0415 - most images have no profile, and loading it slows a cold start

    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    printable = "".join(character for character in name if character.isprintable())
    return printable.strip()[:_NAME_LENGTH] or None
