"""Signs URLs, for the application that writes them: `sign_path("300x200,f=auto", "photos/cat.jpg", key)`.

Imports nothing but the standard library and this package's grammar of transforms, which is what `pip install` of this
repository brings.
"""

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

    `transform` in any spelling, without presets, which need no signature; `key` is the original's in the source bucket,
    not percent-encoded; `secret` is the deployment's `SigningKey`. A signature that is there already is replaced.

    Raises MalformedTransform for a transform that can't be read, or has no room for the signature's 46 bytes, and
    ValueError for a key that no original can have, or a secret that is too short.
    """
    plain = replace(parse_transform(transform), signature=None)
    if plain.text is not None:
        read_text(plain.text)
    reason = unservable(key)
    if reason:
        raise ValueError(f"no original has such a key: {reason}")
    signed = replace(plain, signature=sign(plain.canonical, key, secret))
    if len(signed.canonical) > MAX_BYTES:
        raise MalformedTransform(transform, f"a transform has at most {MAX_BYTES} bytes, with its signature")
    return "/" + quote(storage_key(signed, key), safe="/,=")
