"""Which derivatives this deployment makes of what can be made: signed ones, presets, and sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grammar.signature import verify
from grammar.transform import parse_transform
from imaging.errors import NotAllowed

if TYPE_CHECKING:
    from grammar.transform import Transform
    from resizer.settings import Settings

EDGE_FORMATS = ("avif", "webp")
"""What the edge's function makes of `format=auto`, if not leave it."""
ONLY = {"signed": "signed transforms and presets", "presets": "presets"}
"""What is made in each mode; in any other all."""


def admit(transform: Transform, key: str, settings: Settings) -> None:
    """Raise NotAllowed, with the reason, for a derivative that this deployment does not make.

    A signature must be right in every mode, or any text would do for one more derivative of the same. No size at all is
    a size that can be refused; a description has none, and is refused by the mode only.
    """
    plain = replace(transform, signature=None)
    if transform.signature is not None:
        _check_signature(transform.signature, plain, key, settings)
    signed = settings.transforms == "signed" and transform.signature is not None
    if settings.transforms in ONLY and not signed and not _is_preset(plain, settings):
        raise NotAllowed(f"only {ONLY[settings.transforms]} are made here")
    if transform.watermark is not None and not settings.watermark_prefix:
        raise NotAllowed("this deployment has no watermarks")
    if transform.format == "json":
        return
    size = f"{transform.width or ''}x{transform.height or ''}"
    if settings.allowed_dimensions and size not in settings.allowed_dimensions:
        raise NotAllowed(f"the size {size} is not among those that are made here")


def _check_signature(signature: str, plain: Transform, key: str, settings: Settings) -> None:
    """Raise NotAllowed unless it is that of the transform, or of one of which the edge made this by `format=auto`."""
    if not settings.signing_keys:
        raise NotAllowed("this deployment has no key for signatures")
    asked = [plain, *([replace(plain, format="auto")] if plain.format in EDGE_FORMATS else [])]
    if not verify([transform.canonical for transform in asked], key, signature, settings.signing_keys):
        raise NotAllowed("the signature is not that of this transform and this original")


def _is_preset(plain: Transform, settings: Settings) -> bool:
    """Tell whether it is what a preset stands for, also as the edge resolves `format=auto` in it.

    With any version, too, where nothing can be signed; where it can, a version takes a signature, or anybody could use
    up the derivatives that an original may have.
    """
    named = [parse_transform(text) for text in settings.presets.values()]
    if settings.transforms == "presets":
        plain, named = replace(plain, version=None), [replace(preset, version=None) for preset in named]
    resolved = [replace(preset, format=name) for preset in named if preset.format == "auto" for name in EDGE_FORMATS]
    return plain in (*named, *resolved)
