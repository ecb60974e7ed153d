"""Verification of signed URLs and cookies, and the error codes of denied requests."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from multidict import CIMultiDict

from local.cloudfront.private_content import DeniedError, verify_request
from local.exchange import ViewerRequest

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "d123.cloudfront.net"
NOW = 1_800_000_000
RSA = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(65537, 2048)


def public(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEYS = {"KRSA": public(RSA), "KCURVE": public(CURVE)}


def by_rsa(message: bytes, algorithm: Any = hashes.SHA1, key: rsa.RSAPrivateKey = RSA) -> bytes:
    return key.sign(message, padding.PKCS1v15(), algorithm())


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))


def policy(resource: str = f"https://{HOST}/*", before: int = NOW + 60, **condition: Any) -> bytes:
    conditions = {"DateLessThan": {"AWS:EpochTime": before}, **condition}
    return json.dumps({"Statement": [{"Resource": resource, "Condition": conditions}]}, separators=(",", ":")).encode()


def credentials(text: bytes, sign: Callable[[bytes], bytes] = by_rsa, key: str = "KRSA") -> dict[str, str]:
    return {"Policy": encode(text), "Signature": encode(sign(text)), "Key-Pair-Id": key}


def by_url(path: str, parts: dict[str, str], query: str = "", ip: str = "192.0.2.1") -> ViewerRequest:
    pairs = [query] if query else []
    pairs += [f"{name}={value}" for name, value in parts.items()]
    return ViewerRequest("GET", path, "&".join(pairs), CIMultiDict(Host=HOST), ip)


def by_cookies(path: str, parts: dict[str, str]) -> ViewerRequest:
    cookies = "; ".join(f"CloudFront-{name}={value}" for name, value in parts.items())
    return ViewerRequest("GET", path, "", CIMultiDict(Host=HOST, Cookie=f"a=b; {cookies}"), "192.0.2.1")


def ask(request: ViewerRequest) -> ViewerRequest:
    return verify_request(KEYS, request, "https", lambda: NOW)


def code_of(request: ViewerRequest) -> str:
    with pytest.raises(DeniedError) as denied:
        ask(request)
    answer = denied.value.answer()
    assert (answer.status, answer.headers["Content-Type"]) == (403, "text/xml")
    assert f"<Code>{denied.value.code}</Code><Message>{denied.value}</Message>" in answer.body.decode()
    return denied.value.code


def test_a_signed_url_is_allowed_and_loses_cloudfront_s_parameters() -> None:
    parts = credentials(policy(f"https://{HOST}/300x200/*.jpg?w=*"))
    assert ask(by_url("/300x200/cat.jpg", parts, "w=1&policy=x")).query == "w=1&policy=x"


def test_signed_cookies_are_allowed_and_the_query_stays() -> None:
    assert ask(by_cookies("/cat.jpg", credentials(policy()))).path == "/cat.jpg"


def test_a_url_s_credentials_override_cookies() -> None:
    request = by_cookies("/cat.jpg", credentials(policy()))
    expired = by_url("/cat.jpg", credentials(policy(before=NOW - 1)))
    both = ViewerRequest("GET", request.path, expired.query, request.headers, request.ip)
    assert code_of(both) == "AccessDenied"


def test_a_canned_policy_covers_one_url_and_its_query() -> None:
    def canned(url: str) -> dict[str, str]:
        text = policy(url, NOW + 60)
        return {"Expires": str(NOW + 60), "Signature": encode(by_rsa(text)), "Key-Pair-Id": "KRSA"}

    parts = canned(f"https://{HOST}/cat.jpg?w=1")
    assert ask(by_url("/cat.jpg", parts, "w=1")).query == "w=1"
    assert code_of(by_url("/cat.jpg", parts)) == "AccessDenied"
    assert code_of(by_url("/dog.jpg", parts, "w=1")) == "AccessDenied"
    assert code_of(by_url("/cat.jpg", parts | {"Expires": str(NOW + 61)}, "w=1")) == "AccessDenied"
    assert code_of(by_url("/cat.jpg", parts | {"Expires": "soon"}, "w=1")) == "MalformedPolicy"


@pytest.mark.parametrize(
    ("sign", "key", "algorithm"),
    [
        (by_rsa, "KRSA", {}),
        (by_rsa, "KRSA", {"Hash-Algorithm": "SHA1"}),
        (lambda text: by_rsa(text, hashes.SHA256), "KRSA", {"Hash-Algorithm": "SHA256"}),
        (lambda text: CURVE.sign(text, ec.ECDSA(hashes.SHA1())), "KCURVE", {}),  # noqa: S303 - CloudFront's default
        (lambda text: CURVE.sign(text, ec.ECDSA(hashes.SHA256())), "KCURVE", {"Hash-Algorithm": "SHA256"}),
    ],
)
def test_both_kinds_of_keys_and_hashes_are_verified(sign: Any, key: str, algorithm: dict[str, str]) -> None:
    parts = credentials(policy(), sign, key) | algorithm
    assert ask(by_url("/cat.jpg", parts)).query == ""
    assert ask(by_cookies("/cat.jpg", parts)).path == "/cat.jpg"
    other = {"Hash-Algorithm": "SHA1" if algorithm.get("Hash-Algorithm") == "SHA256" else "SHA256"}
    assert code_of(by_url("/cat.jpg", parts | other)) == "AccessDenied"
    assert code_of(by_url("/cat.jpg", parts | {"Hash-Algorithm": "MD5"})) == "AccessDenied"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Key-Pair-Id": None}, "MissingKey"),
        ({"Key-Pair-Id": "KOTHER"}, "UnknownKey"),
        ({"Signature": None}, "AccessDenied"),
        ({"Signature": "abcde"}, "MalformedSignature"),
        ({"Signature": encode(by_rsa(policy(), key=STRANGER))}, "AccessDenied"),
        ({"Policy": encode(policy(before=NOW + 99_999))}, "AccessDenied"),
        ({"Policy": "%%%"}, "MalformedPolicy"),
        ({"Policy": "é"}, "MalformedPolicy"),
        ({"Policy": None}, "MalformedPolicy"),
    ],
)
def test_a_request_without_a_valid_signature_is_denied(changes: dict[str, str | None], code: str) -> None:
    parts = {name: value for name, value in (credentials(policy()) | changes).items() if value is not None}
    assert code_of(by_url("/cat.jpg", parts)) == code
    assert code_of(by_cookies("/cat.jpg", parts)) == code


@pytest.mark.parametrize(
    ("text", "ip", "good"),
    [
        (policy(before=NOW), "192.0.2.1", False),
        (policy(before=NOW + 1), "192.0.2.1", True),
        (policy(DateGreaterThan={"AWS:EpochTime": NOW}), "192.0.2.1", False),
        (policy(DateGreaterThan={"AWS:EpochTime": NOW - 1}), "192.0.2.1", True),
        (policy(IpAddress={"AWS:SourceIp": "192.0.2.0/24"}), "192.0.2.200", True),
        (policy(IpAddress={"AWS:SourceIp": "192.0.2.0/24"}), "192.0.3.1", False),
        (policy(IpAddress={"AWS:SourceIp": "192.0.2.0/24"}), "2001:db8::1", False),
        (policy(f"https://{HOST}/?00x200/*"), "192.0.2.1", True),
        (policy(f"https://{HOST}/??00x200/*"), "192.0.2.1", False),
        (policy(f"https://{HOST}/*/cat.jp?"), "192.0.2.1", True),
        (policy(f"https://{HOST}/300x200/cat.jp"), "192.0.2.1", False),
        (policy(f"http://{HOST}/*"), "192.0.2.1", False),
        (policy("https://elsewhere.example/*"), "192.0.2.1", False),
        (policy("https://*"), "192.0.2.1", True),
        (b'{"Statement":[{"Condition":{"DateLessThan":{"AWS:EpochTime":9999999999}}}]}', "192.0.2.1", True),
    ],
)
def test_a_policy_limits_time_url_and_address(text: bytes, ip: str, good: bool) -> None:  # noqa: FBT001 - a table's column
    request = by_url("/300x200/photos/cat.jpg", credentials(text), ip=ip)
    if good:
        assert ask(request).query == ""
    else:
        assert code_of(request) == "AccessDenied"


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b'{"Statement":[]}', b'{"Statement":[{"Resource":"*"}]}', b"\xff", policy() + b"x"],
)
def test_a_malformed_policy_is_denied_even_if_signed(text: bytes) -> None:
    assert code_of(by_url("/cat.jpg", credentials(text))) == "MalformedPolicy"
