"""Signed URLs and signed cookies, checked as CloudFront does before anything else of a private behaviour's requests.

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
"""Of a query; a cookie's name has `CloudFront-` before it."""

_HASHES: Final = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
_ALPHABET: Final = str.maketrans("-_~", "+=/")
"""CloudFront's base64 (developer guide, "Set signed cookies using a custom policy")."""

_DENIED: Final = ("AccessDenied", "Access denied")


class DeniedError(Exception):
    """A request without a good signature: CloudFront's code, and its message."""

    def __init__(self, code: str, message: str) -> None:
        """Take both as CloudFront's answer has them."""
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
    """Return a request that is signed with one of `keys` (PEM, by id), without CloudFront's own parameters.

    So neither functions nor origins see these. Of origins that is known; of functions the documentation says nothing,
    and what works here works either way. `clock` is in seconds since 1970. Raise DeniedError for all other requests.
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
    """Take CloudFront's own parameters out of a query."""
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
    """Return the policy that was signed: the custom one, or the canned one for this very URL."""
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
    """Tell whether a policy, whose signature is good, lets this request in."""
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
    """Tell whether a policy's Resource covers a URL: `*` is any characters, slashes among them, and `?` is one."""
    wildcards: dict[Any, str] = {"*": ".*", "?": "."}
    pattern = "".join(wildcards.get(character) or re.escape(character) for character in resource)
    return re.fullmatch(pattern, url, re.DOTALL) is not None
