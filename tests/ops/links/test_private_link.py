"""Links into a private stack: what their policies cover, and that the edge's function keeps redirects signed."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cfnlint.decode.cfn_yaml import load
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from multidict import CIMultiDict

from grammar.errors import TranscodingError
from local.cloudfront.private_content import DeniedError, verify_request
from local.cloudfront.viewer_function import ViewerFunction
from local.exchange import Answer, ViewerRequest
from ops.__main__ import main
from ops.links import private_link

if TYPE_CHECKING:
    from botocore.signers import CloudFrontSigner

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
HOST = "d123.cloudfront.net"
BASE = f"https://{HOST}"
EXPIRES = 2_000_000_000
KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
PUBLIC = {"K1": KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()}


@pytest.fixture(scope="module")
def signer() -> CloudFrontSigner:
    return private_link.read_signer("K1", PEM)


def make_function(groups: str = "g1", domain: str = "") -> ViewerFunction:
    template = load(str(TEMPLATE))
    code = template["Resources"]["ViewerResponse"]["Properties"]["FunctionCode"]["Fn::Sub"]
    return ViewerFunction(code.replace("${TrustedKeyGroups}", groups).replace("${DomainName}", domain), "E1", HOST)


@pytest.fixture(scope="module")
def function() -> ViewerFunction:
    """The function on responses of a private deployment."""
    return make_function()


def is_let_in(url: str, at: float = EXPIRES - 1) -> bool:
    return _admit(url, at) is not None


def _admit(url: str, at: float = EXPIRES - 1) -> ViewerRequest | None:
    address = urlsplit(url)
    request = ViewerRequest("GET", address.path, address.query, CIMultiDict(Host=address.netloc), "192.0.2.1")
    try:
        return verify_request(PUBLIC, request, address.scheme, lambda: at)
    except DeniedError:
        return None


def policy_of(url: str) -> dict[str, Any]:
    text = parse_qs(urlsplit(url).query)["Policy"][0].translate(str.maketrans("-_~", "+=/"))
    (statement,) = json.loads(base64.b64decode(text))["Statement"]
    return dict(statement)


def moved(url: str, path: str) -> str:
    """Return a URL with another path and the same query."""
    return urlsplit(url)._replace(path=path).geturl()


def redirected(function: ViewerFunction, url: str, location: str, status: int = 307) -> str:
    """Return the redirect of an authorised request for a URL."""
    passed = _admit(url)
    assert passed is not None
    answer = function.on_response(passed, Answer(status, CIMultiDict(Location=location), b""), "id")
    return answer.headers["Location"]


def test_a_derivative_s_link_has_the_canonical_path_and_expires(signer: CloudFrontSigner) -> None:
    url = private_link.sign_url(f"{BASE}/fit=cover,300x200/photos/cat.jpg", signer, EXPIRES)
    assert urlsplit(url).path == "/300x200,fit=cover/photos/cat.jpg"
    assert policy_of(url) == {
        "Resource": f"{BASE}/*300x200,fit=cover/photos/cat.jpg?follow=*",
        "Condition": {"DateLessThan": {"AWS:EpochTime": EXPIRES}},
    }
    assert is_let_in(url)
    assert not is_let_in(url, at=EXPIRES)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/300x200/photos/cat.jpg", f"{BASE}/resize/300x200/photos/cat.jpg"),
        ("/300x200,fit=cover/cat.jpg", f"{BASE}/resize/300x200%2Cfit%3Dcover/cat.jpg"),
        ("/300x,f=auto/cat.jpg", f"{BASE}/resize/300x,f=avif/cat.jpg"),
        ("/300x,f=auto,v=2/cat.jpg", f"{BASE}/resize/300x,f=webp,v=2/cat.jpg"),
        (f"/300x,f=auto,s={'s' * 43}/cat.jpg", f"{BASE}/resize/300x,f=avif,s={'s' * 43}/cat.jpg"),
        ("/f=auto/cat.jpg", "/f=auto/cat.jpg"),
        ("/90x90,g=0.1:0.2,fit=cover/a", f"{BASE}/resize/90x90,fit=cover,g=0.1%3A0.2/a"),
        ("/preset=thumb/cat.jpg", f"{BASE}/resize/90x90,fit=cover/cat.jpg"),
        ("/10x/%C3%A9%20%2B%25%3F(1)'!.jpg", f"{BASE}/resize/10x/%c3%a9%20+%25%3F%281%29%27%21.jpg"),
        ("/10x/x/a%2Cb%3Dc%3Ad", f"{BASE}/resize/10x/x/a%2Cb%3Dc%3Ad"),
    ],
)
def test_a_redirect_to_the_link_s_own_image_is_allowed(
    signer: CloudFrontSigner, function: ViewerFunction, path: str, location: str
) -> None:
    url = private_link.sign_url(BASE + path, signer, EXPIRES)
    target = redirected(function, url, location)
    absolute = target if target.startswith("https:") else BASE + target
    assert is_let_in(absolute)
    # A derivative that is too large for the function is a second redirect, to where it was stored.
    back = redirected(function, absolute, urlsplit(location).path.removeprefix("/resize"), 302)
    assert is_let_in(BASE + back)


@pytest.mark.parametrize(
    "other",
    [
        "/300x200/photos/dog.jpg",
        "/300x200/photos/cat.jpg2",
        "/photos/cat.jpg",
        "/301x200/photos/cat.jpg",
        "/300x200/evil/photos/cat.jpg",
        "/300x200,f=webp/photos/cat.jpg",
        "/resize/300x200/photos/dog.jpg",
    ],
)
def test_a_link_is_for_nothing_else(signer: CloudFrontSigner, other: str) -> None:
    url = private_link.sign_url(f"{BASE}/300x200/photos/cat.jpg", signer, EXPIRES)
    assert not is_let_in(moved(url, other))
    assert not is_let_in(url.replace(HOST, "elsewhere.example"))


def test_an_original_s_link_is_for_its_very_key(signer: CloudFrontSigner) -> None:
    url = private_link.sign_url(f"{BASE}/photos/cat.jpg", signer, EXPIRES)
    assert is_let_in(url)
    assert is_let_in(private_link.sign_url(f"{BASE}/year=2026/Doe,%20Jane.jpg", signer, EXPIRES))
    for other in ("/300x200/photos/cat.jpg", "/x/photos/cat.jpg", "/resize/photos/cat.jpg"):
        assert not is_let_in(moved(url, other))


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example/resize/10x/a.jpg",
        f"https://{HOST}.elsewhere.example/resize/10x/a.jpg",
        f"https://{HOST}@elsewhere.example/resize/10x/a.jpg",
        f"http://{HOST}/resize/10x/a.jpg",
        "//elsewhere.example/10x/a.jpg",
        f"{BASE}/resize/10x/a.jpg?x=1",
        f"{BASE}/resize/10x/%ff.jpg",
        "a.jpg",
    ],
)
def test_no_credentials_leave_the_distribution(
    signer: CloudFrontSigner, function: ViewerFunction, location: str
) -> None:
    assert redirected(function, private_link.sign_url(f"{BASE}/10x/a.jpg", signer, EXPIRES), location) == location


@pytest.mark.parametrize("follow", ["", "a", "a.b", "a.b.c.d.e", "a.b.c%26x=1", "a.b.c%0d%0aX:1", "a.b.c#", "a..c"])
def test_only_credentials_are_repeated(function: ViewerFunction, follow: str) -> None:
    request = ViewerRequest("GET", "/10x/a", f"follow={follow}", CIMultiDict(Host=HOST), "192.0.2.1")
    location = f"{BASE}/resize/10x/a"
    answer = function.on_response(request, Answer(307, CIMultiDict(Location=location), b""), "id")
    expected = (
        f"{location}?follow=a.b.c&Policy=a&Signature=b&Key-Pair-Id=c" if follow.startswith("a.b.c&") else location
    )
    assert answer.headers["Location"] == expected


def test_the_hash_algorithm_is_repeated_if_given(function: ViewerFunction) -> None:
    request = ViewerRequest("GET", "/10x/a", "follow=a.b.c.SHA256", CIMultiDict(Host=HOST), "192.0.2.1")
    answer = function.on_response(request, Answer(307, CIMultiDict(Location=f"{BASE}/resize/10x/a"), b""), "id")
    assert answer.headers["Location"].endswith("&Policy=a&Signature=b&Key-Pair-Id=c&Hash-Algorithm=SHA256")


def test_a_domain_of_one_s_own_is_ours(signer: CloudFrontSigner) -> None:
    function = make_function(domain="images.example.com")
    url = private_link.sign_url("https://images.example.com/10x/a.jpg", signer, EXPIRES)
    assert is_let_in(redirected(function, url, "https://images.example.com/resize/10x/a.jpg"))


def test_a_private_answer_is_not_for_shared_caches_and_a_public_one_is() -> None:
    request = ViewerRequest("GET", "/10x/a", "follow=a.b.c", CIMultiDict(Host=HOST), "192.0.2.1")
    headers = CIMultiDict({"Cache-Control": "public, max-age=3600, s-maxage=31536000", "Location": f"{BASE}/b"})
    private = make_function().on_response(request, Answer(200, headers, b""), "id")
    public = make_function(groups="").on_response(request, Answer(200, headers, b""), "id")
    assert private.headers["Cache-Control"] == "private, max-age=3600, s-maxage=31536000"
    assert dict(public.headers) == dict(headers)


def test_cookies_cover_all_urls_of_their_resource(signer: CloudFrontSigner) -> None:
    cookies = private_link.sign_cookies(f"{BASE}/*customer-7/*", signer, EXPIRES)
    assert all(cookie.endswith("; Path=/; Secure; HttpOnly") for cookie in cookies)
    header = "; ".join(cookie.partition(";")[0] for cookie in cookies)

    def ask(path: str) -> ViewerRequest:
        headers = CIMultiDict(Host=HOST, Cookie=header)
        return verify_request(
            PUBLIC, ViewerRequest("GET", path, "", headers, "192.0.2.1"), "https", lambda: EXPIRES - 1
        )

    for path in ("/customer-7/cat.jpg", "/300x200/customer-7/cat.jpg", "/resize/300x200/customer-7/cat.jpg"):
        assert ask(path).path == path
    with pytest.raises(DeniedError):
        ask("/300x200/customer-8/cat.jpg")


@pytest.mark.parametrize(
    "url", ["cat.jpg", "ftp://a/cat.jpg", BASE, f"{BASE}/", f"{BASE}/a?b=c", f"{BASE}/resize/10x/a", f"{BASE}/a/%ff"]
)
def test_a_url_that_is_not_an_image_is_not_signed(signer: CloudFrontSigner, url: str) -> None:
    with pytest.raises(ValueError, match=r"is not the (URL|key) of an|can't decode"):
        private_link.sign_url(url, signer, EXPIRES)


@pytest.mark.parametrize("path", ["/300x200,q=101/cat.jpg", "/300x200/", "/300x200/10x/cat.jpg"])
def test_an_invalid_transform_is_not_signed(signer: CloudFrontSigner, path: str) -> None:
    with pytest.raises(TranscodingError):
        private_link.sign_url(BASE + path, signer, EXPIRES)


def test_only_keys_that_cloudfront_takes_sign() -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    assert "Signature=" in private_link.sign_url(f"{BASE}/a", private_link.read_signer("K2", curve), EXPIRES)
    edwards = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="an RSA or an ECDSA key"):
        private_link.read_signer("K3", edwards)


def test_the_commands_print_a_link_or_cookies_or_one_line_for_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "private.pem"
    path.write_bytes(PEM)

    def run(command: str, url: str, *arguments: str, key: Path = path) -> int:
        return main([command, url, "--key-id", "K1", "--private-key", str(key), *arguments])

    assert run("private-url", f"{BASE}/10x/a.jpg", "--expires", "60") == 0
    assert is_let_in(capsys.readouterr().out.strip(), at=time.time())
    assert run("private-cookies", f"{BASE}/*") == 0
    assert [line.partition("=")[0] for line in capsys.readouterr().out.splitlines()] == [
        "Set-Cookie: CloudFront-Policy",
        "Set-Cookie: CloudFront-Signature",
        "Set-Cookie: CloudFront-Key-Pair-Id",
    ]
    assert run("private-url", f"{BASE}/10x/a.jpg", key=tmp_path / "none.pem") == 2
    assert run("private-url", f"{BASE}/q=101/a.jpg") == 2
    assert run("private-url", f"{BASE}/a.jpg", "--expires", "0") == 2
    (tmp_path / "text.pem").write_text("no key")
    assert run("private-url", f"{BASE}/a.jpg", key=tmp_path / "text.pem") == 2
    assert len(capsys.readouterr().err.splitlines()) == 4
