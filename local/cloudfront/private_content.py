"""Signed URLs and signed cookies, verified before a request reaches a private behaviour.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PrivateContent.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
import time
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from multidict import CIMultiDict

from local.exchange import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.exchange import ViewerRequest

PARAMETERS: Final = ("Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm")
"""Query parameters; cookies have the same names after `CloudFront-`."""

_HASHES: Final = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
_ALPHABET: Final = str.maketrans("-_~", "+=/")
"""CloudFront's base64 (developer guide, "Set signed cookies using a custom policy")."""

_DENIED: Final = ("AccessDenied", "Access denied")


class DeniedError(Exception):
    """A request without a valid signature: CloudFront's error code and message."""

    def __init__(self, code: str, message: str) -> None:
        """Take the code and message of CloudFront's answer."""
        super().__init__(message)
        self.code = code

    def answer(self) -> Answer:
        """Return the 403."""
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{self.code}</Code><Message>{self}</Message></Error>'
        headers = CIMultiDict({"Server": "CloudFront", "Content-Type": "text/xml"})
        return Answer(HTTPStatus.FORBIDDEN, headers, body.encode())


def verify_request(
    keys: Mapping[str, str], request: ViewerRequest, scheme: str, clock: Callable[[], float] = time.time
) -> ViewerRequest:
    """Verify a request's signature with one of `keys` (PEM, by id), and remove CloudFront's query parameters.

    Origins do not receive these parameters; for functions this is undocumented. `clock` is in seconds since 1970.
    Raise DeniedError for a missing, invalid or expired signature.
    """
    parts, query = _split(request.query)
    if "Key-Pair-Id" not in parts:  # "CloudFront uses only the signed URLs" where there are both
        parts = _read_cookies(request)
    if "Key-Pair-Id" not in parts:
        raise DeniedError("MissingKey", "Missing Key-Pair-Id query parameter or cookie value")
    if parts["Key-Pair-Id"] not in keys:
        raise DeniedError("UnknownKey", "Unknown Key")
    url = f"{scheme}://{request.headers.get('Host', '')}{request.path}" + (f"?{query}" if query else "")
    policy = _read_policy(parts, url)
    _verify(keys[parts["Key-Pair-Id"]], parts, policy)
    if not _allows(policy, url, request.ip, clock()):
        raise DeniedError(*_DENIED)
    return replace(request, query=query)


def _split(query: str) -> tuple[dict[str, str], str]:
    """Separate CloudFront's own parameters from the rest of a query."""
    parts: dict[str, str] = {}
    rest = []
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if name in PARAMETERS:
            parts.setdefault(name, value)
        else:
            rest.append(pair)
    return parts, "&".join(rest)


def _read_cookies(request: ViewerRequest) -> dict[str, str]:
    cookies = (cookie.strip().partition("=") for h in request.headers.getall("Cookie", []) for cookie in h.split(";"))
    values = {name: value for name, _, value in cookies}
    names = {name: f"CloudFront-{name}" for name in PARAMETERS}
    return {name: values[cookie] for name, cookie in names.items() if cookie in values}


def _read_policy(parts: Mapping[str, str], url: str) -> bytes:
    """Return the signed policy: the custom one, or the canned one for this URL."""
    if "Policy" in parts:
        return _decode(parts["Policy"], "MalformedPolicy", "Malformed Policy")
    expires = parts.get("Expires", "")
    if not re.fullmatch(r"[0-9]{1,12}", expires):
        raise DeniedError("MalformedPolicy", "Malformed Policy")
    statement = {"Resource": url, "Condition": {"DateLessThan": {"AWS:EpochTime": int(expires)}}}
    return json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()


def _decode(text: str, code: str, message: str) -> bytes:
    try:
        return base64.b64decode(text.translate(_ALPHABET), validate=True)
    except (binascii.Error, ValueError):
        raise DeniedError(code, message) from None


def _verify(pem: str, parts: Mapping[str, str], policy: bytes) -> None:
    signature = _decode(parts.get("Signature", ""), "MalformedSignature", "Could not unencode Signature")
    algorithm = _HASHES.get(parts.get("Hash-Algorithm", "SHA1"))
    if algorithm is None:
        raise DeniedError(*_DENIED)
    key = load_pem_public_key(pem.encode())
    try:
        match key:
            case rsa.RSAPublicKey():
                key.verify(signature, policy, padding.PKCS1v15(), algorithm())
            case ec.EllipticCurvePublicKey():
                key.verify(signature, policy, ec.ECDSA(algorithm()))
            case _:
                raise DeniedError("UnknownKey", "Unknown Key")
    except InvalidSignature:
        raise DeniedError(*_DENIED) from None


def _allows(policy: bytes, url: str, ip: str, now: float) -> bool:
    """Tell whether a policy with a valid signature allows this request."""
    try:
        (statement,) = json.loads(policy)["Statement"]
        condition = statement["Condition"]
        before = float(condition["DateLessThan"]["AWS:EpochTime"])
        after = float(condition.get("DateGreaterThan", {}).get("AWS:EpochTime", 0))
        network = ipaddress.ip_network(condition.get("IpAddress", {}).get("AWS:SourceIp", "0.0.0.0/0"), strict=False)
        resource = str(statement.get("Resource", "*"))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DeniedError("MalformedPolicy", "Malformed Policy") from None
    return after < now < before and ipaddress.ip_address(ip) in network and _matches(resource, url)


def _matches(resource: str, url: str) -> bool:
    """Tell whether a policy's Resource covers a URL: `*` matches any characters, including slashes, and `?` one."""
    wildcards: dict[Any, str] = {"*": ".*", "?": "."}
    pattern = "".join(wildcards.get(character) or re.escape(character) for character in resource)
    return re.fullmatch(pattern, url, re.DOTALL) is not None
