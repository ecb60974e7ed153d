"""Signs a URL of a private stack, or cookies for many of its URLs, so that they can be followed until they expire.

Usage: private_link.py URL --key-id ID --private-key FILE [--expires SECONDS] [--cookies]

A URL's signature also covers the redirect by which a derivative that is not stored yet is made: the policy's Resource
begins with a wildcard, and its own parameter `follow` repeats the credentials for the edge's function on responses,
because CloudFront removes the parameters of its own. With --cookies the URL is the policy's Resource as it is, in which
`*` is any characters and `?` is one.
"""

from __future__ import annotations

import argparse
import re
import sys
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
from grammar.path import parse_path, storage_key, unservable
from grammar.transform import looks_like_transform

if TYPE_CHECKING:
    from collections.abc import Callable

UNTOUCHED = "/,=:!'()*"
"""What stays as it is in a path; template.yaml's function on responses writes redirects in the same way."""


def sign_url(url: str, signer: CloudFrontSigner, expires: float) -> str:
    """Return a URL of an original or a derivative, signed; `expires` is in seconds since 1970.

    Raises ValueError for a URL that is none, and TranscodingError for a transform that is none.
    """
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.netloc or address.query or address.fragment:
        raise ValueError(f"{url} is no URL of an image: a scheme, a host and a path are")
    base, path = f"{address.scheme}://{address.netloc}/", unquote(address.path, errors="strict").lstrip("/")
    segment, _, key = path.partition("/")
    if looks_like_transform(segment):
        # A preset is written out at the edge: what it becomes, only the stack knows.
        is_preset = re.search(r"(^|,)preset=", segment) is not None
        canonical = segment if is_preset else storage_key(*parse_path(path)).partition("/")[0]
        path = f"{canonical}/{key}"
        made = "*" if is_preset else _resolved(canonical)
        resource = f"{base}*{made}/{_spell(key)}?follow=*"
    else:
        if reason := unservable(path):
            raise ValueError(f"{path} is no original's key: {reason}")
        resource = f"{base}{_spell(path)}?follow=*"
    policy = _write_policy(signer, resource, expires)
    credentials = dict(parse_qsl(urlsplit(signer.generate_presigned_url(base, policy=policy)).query))
    follow = ".".join(credentials[name] for name in ("Policy", "Signature", "Key-Pair-Id"))
    signed: str = signer.generate_presigned_url(f"{base}{_spell(path)}?follow={follow}", policy=policy)
    return signed


def sign_cookies(resource: str, signer: CloudFrontSigner, expires: float) -> list[str]:
    """Return the values of three `Set-Cookie` headers that let a viewer see all URLs that `resource` covers."""
    if urlsplit(resource).scheme not in ("http", "https") or not urlsplit(resource).netloc:
        raise ValueError(f"{resource} is no URL")
    policy = _write_policy(signer, resource, expires)
    credentials = parse_qsl(urlsplit(signer.generate_presigned_url("https://host/", policy=policy)).query)
    return [f"CloudFront-{name}={value}; Path=/; Secure; HttpOnly" for name, value in credentials]


def read_signer(key_id: str, pem: bytes) -> CloudFrontSigner:
    """Return a signer with an RSA or ECDSA key. Raises ValueError, TypeError and UnsupportedAlgorithm for no such key.

    It hashes by SHA-1, CloudFront's default, which every edge verifies. A collision would take arbitrary bytes,
    which the printable characters of a URL can't be.
    """
    return CloudFrontSigner(key_id, _choose_signature(pem))


def _choose_signature(pem: bytes) -> Callable[[bytes], bytes]:
    key = load_pem_private_key(pem, password=None)
    match key:
        case rsa.RSAPrivateKey():
            return lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - as above
        case ec.EllipticCurvePrivateKey():
            return lambda message: key.sign(message, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - as above
    raise ValueError("the private key is neither of RSA nor of ECDSA")


def _write_policy(signer: CloudFrontSigner, resource: str, expires: float) -> str:
    policy: str = signer.build_policy(resource, datetime.fromtimestamp(int(expires), UTC))
    return policy


def _resolved(canonical: str) -> str:
    """Return a transform as redirects have it: `auto` has become avif, webp or auto there, all of four letters."""
    return re.sub(r"(^|,)f=auto(?=,|$)", r"\1f=????", canonical)


def _spell(path: str) -> str:
    return quote(path, safe=UNTOUCHED)


def main() -> int:
    """Sign what the command line names."""
    parser = argparse.ArgumentParser(description="Signs a URL of a private stack, or cookies for many of its URLs.")
    parser.add_argument("url", help="of an image; with --cookies with wildcards, as https://images.example.com/*")
    parser.add_argument("--key-id", required=True, help="of the public key at CloudFront, as K2JCJMDEHXQW5F")
    parser.add_argument("--private-key", required=True, type=Path, help="its private key, in PEM")
    parser.add_argument("--expires", type=int, default=3600, help="in how many seconds")
    parser.add_argument("--cookies", action="store_true", help="print Set-Cookie headers instead of a URL")
    options = parser.parse_args()
    if options.expires < 1:
        parser.error("--expires is a number of seconds from now, 1 or more")
    expires = time.time() + options.expires
    try:
        signer = read_signer(options.key_id, options.private_key.read_bytes())
        if options.cookies:
            print("\n".join(f"Set-Cookie: {cookie}" for cookie in sign_cookies(options.url, signer, expires)))
        else:
            print(sign_url(options.url, signer, expires))
    except (ValueError, TypeError, OverflowError, OSError, UnsupportedAlgorithm, TranscodingError) as error:
        print(f"private_link: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
