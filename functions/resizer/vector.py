"""SVG originals: passed through as they are, since browsers scale them. They are never rendered here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.content_type import BEGINNING, SVG, detect
from imaging.errors import NotAnImage
from imaging.writing.encoder import Encoded

if TYPE_CHECKING:
    from grammar.transform import Transform
    from resizer.settings import Settings


def pass_through(original: bytes, transform: Transform, settings: Settings) -> Encoded | None:
    """Return an SVG unchanged where no raster format was requested, None for an original of any other type.

    Raises NotAnImage where one was requested, and where originals are withheld: this would be the original.
    """
    if detect(original[:BEGINNING]) != SVG:
        return None
    if transform.format not in (None, "auto"):
        raise NotAnImage("The original is an SVG, which is only served as it is: without f=, or with f=auto.")
    if not settings.serves_originals:
        raise NotAnImage("The original is an SVG, which is only served as it is, and originals are withheld here.")
    return Encoded(original, SVG, "svg", 0, 0, 1)
