"""Which derivatives this deployment allows: signed ones, presets, and sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grammar.signature import verify
from grammar.transform import parse_transform
from imaging.errors import NotAllowed
from imaging.layout.geometry import largest_result

if TYPE_CHECKING:
    from grammar.transform import Transform
    from resizer.settings import Settings

EDGE_FORMATS = ("avif", "webp")
"""Formats with which the edge's function replaces `format=auto`, if it does."""
ONLY = {"signed": "signed transforms and presets", "presets": "presets"}
"""What each mode allows; any other allows everything."""


def admit(transform: Transform, key: str, settings: Settings) -> None:
    """Raise NotAllowed, with the reason, for a derivative that this deployment does not allow.

    A signature must be valid in every mode: otherwise each invalid one would make another copy of the same derivative.
    The size that has to be allowed is that of the largest result, with dpr and border. A transform without a size has
    the size "x", which can be refused too; a description is checked by the mode only.
    """
    plain = replace(transform, signature=None)
    if transform.signature is not None:
        _check_signature(transform.signature, plain, key, settings)
    signed = settings.transforms == "signed" and transform.signature is not None
    if settings.transforms in ONLY and not signed and not _is_preset(plain, settings):
        raise NotAllowed(f"this deployment allows only {ONLY[settings.transforms]}")
    if transform.watermark is not None and not settings.watermark_prefix:
        raise NotAllowed("this deployment does not allow watermarks")
    if transform.format == "json":
        return
    public = transform.signature is None and not _is_preset(plain, settings)
    if transform.metadata == "all" and public and not settings.serves_originals:
        raise NotAllowed("this deployment allows metadata=all only in signed transforms and presets")
    width, height = largest_result(transform)
    size = f"{width or ''}x{height or ''}"
    if settings.allowed_dimensions and size not in settings.allowed_dimensions:
        raise NotAllowed(f"this deployment does not allow the size {size}")


def _check_signature(signature: str, plain: Transform, key: str, settings: Settings) -> None:
    """Raise NotAllowed unless it signs the transform, or the same with `format=auto`, which the edge has replaced."""
    if not settings.signing_keys:
        raise NotAllowed("this deployment has no signing key")
    signed = [plain, *([replace(plain, format="auto")] if plain.format in EDGE_FORMATS else [])]
    if not verify([transform.canonical for transform in signed], key, signature, settings.signing_keys):
        raise NotAllowed("the signature does not match this transform and this original")


def _is_preset(plain: Transform, settings: Settings) -> bool:
    """Return whether a transform is a preset's, or a preset's in which the edge has replaced `format=auto`.

    In the mode `presets` any version is allowed too. In `signed` a version takes a signature, because anybody could
    otherwise use up an original's maximum of derivatives.
    """
    named = [parse_transform(text) for text in settings.presets.values()]
    if settings.transforms == "presets":
        plain, named = replace(plain, version=None), [replace(preset, version=None) for preset in named]
    resolved = [replace(preset, format=name) for preset in named if preset.format == "auto" for name in EDGE_FORMATS]
    return plain in (*named, *resolved)
