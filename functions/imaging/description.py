"""What `format=json` answers: an original in words."""

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
_HALF = 128
_NAMED_CHARACTERS = 100


def describe(data: bytes, limits: Limits) -> Encoded:
    """Return JSON about an original: what its header declares, its main colour and a BlurHash (of the first frame).

    `width` and `height` are as the viewer sees it. Raises what `imaging.reading.decoder.decode` does.
    """
    header = read_header(data, limits)
    width, height = stored_size(header.size, header.orientation)
    seen = apply(decode(data, _THUMBNAIL, limits), _THUMBNAIL).frames[0].image.convert("RGBA")
    thumbnail = Image.new("RGBA", seen.size, "white")
    thumbnail.alpha_composite(seen)
    thumbnail = thumbnail.convert("RGB")
    said = {
        "format": header.format.name,
        "width": width,
        "height": height,
        "bytes": len(data),
        "frames": header.frames,
        "alpha": header.has_alpha,
        "orientation": header.orientation,
        "profile": _profile_name(header.profile),
        "color": _main_colour(thumbnail, seen.getchannel("A")),
        "blurhash": blurhash(thumbnail.resize(_at_most(thumbnail.size, _HASHED), Resampling.BOX)),
    }
    return Encoded(json.dumps(said).encode(), "application/json", "json", width, height, header.frames)


def _at_most(size: tuple[int, int], side: int) -> tuple[int, int]:
    return min(size[0], side), min(size[1], side)


def _main_colour(image: PillowImage, alpha: PillowImage) -> str:
    """Return the colour that most pixels are of, when all are put into at most eight groups: `c04020`.

    What is rather transparent than opaque does not count, if there is anything else.
    """
    reduced = image.quantize(8)
    counts = reduced.histogram(alpha.point(lambda level: 255 if level >= _HALF else 0))
    if not any(counts):
        counts = reduced.histogram()
    index = counts.index(max(counts))
    return bytes((reduced.getpalette() or [])[3 * index : 3 * index + 3]).hex()


def _profile_name(profile: bytes | None) -> str | None:
    """Return what an untrusted profile calls itself, its printable part."""
    if not profile:
        return None
    from PIL import ImageCms  # noqa: PLC0415 - most images have no profile, and loading it slows a cold start

    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    printable = "".join(character for character in name if character.isprintable())
    return printable.strip()[:_NAMED_CHARACTERS] or None
