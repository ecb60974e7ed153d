"""Signing of URLs by the application that writes them: `sign_path("300x200,f=auto", "photos/cat.jpg", secret)`."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from .errors import MalformedTransform
from .path import storage_key, unservable
from .signature import sign
from .text import read_text
from .transform import MAX_BYTES, parse_transform


def sign_path(transform: str, key: str, secret: str) -> str:
    """Return the percent-encoded URL path of a signed derivative, `/300x200,f=auto,s=.../photos/cat.jpg`.

    `transform` may have any spelling, but no `preset=`: presets need no signature. An existing signature is replaced.
    `key` is the original's key in the source bucket, not percent-encoded. `secret` is the deployment's `SigningKey`.

    Raises MalformedTransform for a transform that can't be parsed or has no room for the signature (46 bytes), and
    ValueError for a key that no original can have and for a secret that is too short.
    """
    plain = replace(parse_transform(transform), signature=None)
    if plain.text is not None:
        read_text(plain.text)
    reason = unservable(key)
    if reason:
        raise ValueError(f"no original can have this key: {reason}")
    signed = replace(plain, signature=sign(plain.canonical, key, secret))
    if len(signed.canonical) > MAX_BYTES:
        raise MalformedTransform(transform, f"longer than {MAX_BYTES} bytes with the signature")
    return "/" + quote(storage_key(signed, key), safe="/,=")
