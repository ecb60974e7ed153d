"""Signatures of derivatives: proof that the owner of a secret wants this transform of this original.

HMAC-SHA256 (RFC 2104) over `{transform}/{key}` in UTF-8: the canonical transform without its signature, before
`f=auto` is resolved, and the original's key, percent-decoded. Written as base64url without padding (RFC 4648, section
5): 43 characters, all of which are allowed in a transform. `docs/signature-vectors.json` has examples for other
languages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MINIMUM_SECRET_BYTES = 32
"""The length of the digest: RFC 2104, section 3, advises against shorter keys."""

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def check_secret(secret: str) -> None:
    """Raise ValueError for a secret that is too short."""
    if len(secret.encode()) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"the secret must have at least {MINIMUM_SECRET_BYTES} bytes")


def sign(transform: str, key: str, secret: str) -> str:
    """Return the signature of a canonical transform of a key. Raises ValueError for a secret that is too short."""
    check_secret(secret)
    digest = hmac.digest(secret.encode(), f"{transform}/{key}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def verify(transforms: Iterable[str], key: str, signature: str, secrets: Iterable[str]) -> bool:
    """Tell whether `signature` was made for `key` and one of the transforms with one of the secrets.

    There are several transforms because the signature is made before the edge resolves `f=auto`, and two secrets during
    a rotation. All combinations are compared, each in constant time, so that timing reveals nothing about the match.
    """
    if not _SHAPE.fullmatch(signature):
        return False
    secrets = tuple(secrets)
    expected = [sign(transform, key, secret) for transform in transforms for secret in secrets]
    return any([hmac.compare_digest(signature, candidate) for candidate in expected])  # noqa: C419 - compare all
