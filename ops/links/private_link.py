"""Signs a URL of a private stack, or cookies for many of its URLs, valid until they expire.

private-url: the signature also covers the redirect by which a derivative that is not stored yet is rendered. The
policy's Resource begins with a wildcard, and the parameter `follow` repeats the credentials for the edge's function on
responses, because CloudFront removes its own parameters.

private-cookies: the URL is the policy's Resource as it is. `*` stands for any characters, `?` for one.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from botocore.signers import CloudFrontSigner
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from grammar.errors import TranscodingError
from grammar.options import BY_NAME
from grammar.path import parse_path, storage_key, unservable
from grammar.transform import is_transform
from ops.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

UNTOUCHED = "/,=:!'()*"
"""Characters that are not percent-encoded in a path; the edge's function on responses writes redirects likewise."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of these commands."""
    parser.add_argument("url", metavar="URL", help="of an image; for cookies a pattern, such as https://HOST/*")
    parser.add_argument(
        "--key-id", required=True, metavar="ID", help="id of the public key in CloudFront, K2JCJMDEHXQW5F"
    )
    parser.add_argument("--private-key", required=True, type=Path, metavar="FILE", help="its private key, in PEM")
    parser.add_argument("--expires", type=int, default=3600, metavar="SECONDS", help="time to expiry (default: 3600)")


def run(options: argparse.Namespace) -> int:
    """Print a signed URL, or the Set-Cookie headers."""
    if options.expires < 1:
        raise UsageError("--expires must be a number of seconds from now, 1 or more")
    expires = time.time() + options.expires
    try:
        pem = options.private_key.read_bytes()
    except OSError as error:
        raise UsageError(f"--private-key {options.private_key}: {error.strerror}") from error
    try:
        signer = read_signer(options.key_id, pem)
        if options.command == "private-cookies":
            print("\n".join(f"Set-Cookie: {cookie}" for cookie in sign_cookies(options.url, signer, expires)))
        else:
            print(sign_url(options.url, signer, expires))
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, TranscodingError) as error:
        raise UsageError(str(error).strip()) from error
    return 0


def sign_url(url: str, signer: CloudFrontSigner, expires: float) -> str:
    """Return a URL of an original or a derivative, signed; `expires` is in seconds since 1970.

    Raises ValueError for a malformed URL, and TranscodingError for a malformed transform.
    """
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.netloc or address.query or address.fragment:
        raise ValueError(
            f"{url} is not the URL of an image (expected something like https://HOST/300x200/photos/cat.jpg)"
        )
    base, path = f"{address.scheme}://{address.netloc}/", unquote(address.path, errors="strict").lstrip("/")
    segment, _, key = path.partition("/")
    if any(part.partition("=")[0] in BY_NAME or is_transform(part) for part in segment.split(",")):
        # The edge replaces a preset by its options, which only the stack knows.
        is_preset = re.search(r"(^|,)preset=", segment) is not None
        canonical = segment if is_preset else storage_key(*parse_path(path)).partition("/")[0]
        path = f"{canonical}/{key}"
        made = "*" if is_preset else _resolved(canonical)
        resource = f"{base}*{made}/{_spell(key)}?follow=*"
    else:  # a folder such as year=2026
        if reason := unservable(path):
            raise ValueError(f"{path!r} is not the key of an original: {reason}")
        resource = f"{base}{_spell(path)}?follow=*"
    policy = _write_policy(signer, resource, expires)
    credentials = dict(parse_qsl(urlsplit(signer.generate_presigned_url(base, policy=policy)).query))
    follow = ".".join(credentials[name] for name in ("Policy", "Signature", "Key-Pair-Id"))
    signed: str = signer.generate_presigned_url(f"{base}{_spell(path)}?follow={follow}", policy=policy)
    return signed


def sign_cookies(resource: str, signer: CloudFrontSigner, expires: float) -> list[str]:
    """Return the values of three `Set-Cookie` headers that admit a viewer to all URLs that `resource` matches."""
    if urlsplit(resource).scheme not in ("http", "https") or not urlsplit(resource).netloc:
        raise ValueError(f"{resource} is not a URL")
    policy = _write_policy(signer, resource, expires)
    credentials = parse_qsl(urlsplit(signer.generate_presigned_url("https://host/", policy=policy)).query)
    return [f"CloudFront-{name}={value}; Path=/; Secure; HttpOnly" for name, value in credentials]


def read_signer(key_id: str, pem: bytes) -> CloudFrontSigner:
    """Return a signer with an RSA or ECDSA key. Raises ValueError, TypeError and UnsupportedAlgorithm for others.

    It hashes with SHA-1, CloudFront's default. A collision would need arbitrary bytes, which a URL can't contain.
    """
    return CloudFrontSigner(key_id, _choose_signature(pem))


def _choose_signature(pem: bytes) -> Callable[[bytes], bytes]:
    key = load_pem_private_key(pem, password=None)
    match key:
        case rsa.RSAPrivateKey():
            return lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - as above
        case ec.EllipticCurvePrivateKey():
            return lambda message: key.sign(message, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - as above
    raise ValueError("the private key must be an RSA or an ECDSA key")


def _write_policy(signer: CloudFrontSigner, resource: str, expires: float) -> str:
    policy: str = signer.build_policy(resource, datetime.fromtimestamp(int(expires), UTC))
    return policy


def _resolved(canonical: str) -> str:
    """Return a transform as in redirects, where `auto` is avif, webp or auto: each has four letters."""
    return re.sub(r"(^|,)f=auto(?=,|$)", r"\1f=????", canonical)


def _spell(path: str) -> str:
    return quote(path, safe=UNTOUCHED)
