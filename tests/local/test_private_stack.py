"""A private deployment from outside: the template's key group, links and cookies through every redirect."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from PIL import Image

from local.stack import StackOptions
from ops.__main__ import main
from ops.links import private_link
from world import SAMPLES

from .running import Response, Running, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from botocore.signers import CloudFrontSigner

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()
KEY = rsa.generate_private_key(65537, 2048)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
AWKWARD = "private/é + (1)%,=:.png"


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    running, stop = start(StackOptions(public_key=PUBLIC))
    try:
        yield running
    finally:
        stop()


@pytest.fixture(scope="module")
def signer(stack: Running) -> CloudFrontSigner:
    return signer_of(stack, KEY)


def signer_of(stack: Running, key: rsa.RSAPrivateKey) -> CloudFrontSigner:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private_link.read_signer(stack.names["key_id"], pem)


def sign(stack: Running, signer: CloudFrontSigner, path: str, seconds: float = 60) -> str:
    """Return the signed target of a path."""
    url = private_link.sign_url(stack.names["edge"] + path, signer, time.time() + seconds)
    return url.removeprefix(stack.names["edge"])


def follow(stack: Running, target: str, **headers: str) -> list[Response]:
    """Follow redirects with their query, as a browser does."""
    answers = [stack.get(target, **headers)]
    while "location" in answers[-1].headers and len(answers) < 5:
        address = urlsplit(answers[-1].headers["location"])
        assert address.netloc in ("", urlsplit(stack.names["edge"]).netloc)
        answers.append(stack.get(address._replace(scheme="", netloc="").geturl(), **headers))
    return answers


def code(answer: Response) -> str:
    assert answer.headers["x-cache"] == "Error from cloudfront"
    return f"{answer.status} {answer.body.decode().partition('<Code>')[2].partition('<')[0]}"


def test_nothing_is_served_without_a_signature(stack: Running) -> None:
    stack.upload("private/unsigned.png", COFFEE)
    for path in ("/private/unsigned.png", "/30x20/private/unsigned.png", "/resize/30x20/private/unsigned.png", "/"):
        answer = stack.get(path)
        assert code(answer) == "403 MissingKey"
        assert COFFEE not in answer.body
    assert stack.etag("30x20/private/unsigned.png") is None, "nothing was made"


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/30x20/private/link.png", "*/*"),
        ("/fit=cover,30x20/private/link.png", "*/*"),
        ("/31x20,f=auto/private/link.png", "image/avif"),
        ("/32x20,f=auto/private/link.png", "image/webp"),
        ("/33x20,f=auto/private/link.png", "image/png"),
        (f"/30x20/{quote(AWKWARD)}", "*/*"),
    ],
)
def test_a_link_works_before_and_after_the_image_is_stored(
    stack: Running, signer: CloudFrontSigner, path: str, accept: str
) -> None:
    stack.upload("private/link.png", COFFEE)
    stack.upload(AWKWARD, COFFEE)
    target = sign(stack, signer, path)
    first = follow(stack, target, Accept=accept)
    assert [answer.status for answer in first] == [307, 200]
    assert "/resize/" in first[0].headers["location"]
    assert first[1].headers["cache-control"].startswith("private, max-age=60")
    second, third = stack.get(target, Accept=accept), stack.get(target, Accept=accept)
    assert [(answer.status, answer.cache) for answer in (second, third)] == [(200, "Miss"), (200, "Hit")]
    assert second.headers["cache-control"].startswith("private, ")
    assert first[1].body == second.body == third.body


def test_an_original_has_links_too(stack: Running, signer: CloudFrontSigner) -> None:
    stack.upload("private/original.png", COFFEE)
    assert stack.get(sign(stack, signer, "/private/original.png")).body == COFFEE


def test_an_image_too_large_for_the_function_s_response_takes_two_redirects(
    stack: Running, signer: CloudFrontSigner, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1400, 1400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png", compress_level=0)
    stack.upload("private/noise.png", (tmp_path / "noise.png").read_bytes())
    answers = follow(stack, sign(stack, signer, "/1390x/private/noise.png"))
    assert [answer.status for answer in answers] == [307, 302, 200]
    assert len(answers[-1].body) > 4_800_000


def test_viewers_share_the_cache_and_nobody_shares_a_signature(stack: Running, signer: CloudFrontSigner) -> None:
    stack.upload("private/shared.png", COFFEE)
    path = "/30x20/private/shared.png"
    ours, theirs = sign(stack, signer, path, 60), sign(stack, signer, path, 70)
    for target in (ours, theirs, ours):
        credentials = target.partition("?")[2].partition("&")[0]
        assert credentials in stack.get(target).headers["location"]
    assert follow(stack, ours)[-1].status == 200
    assert follow(stack, ours)[-1].status == 200
    shared = stack.get(theirs)
    assert (shared.status, shared.cache) == (200, "Hit")
    assert code(stack.get(path)) == "403 MissingKey", "what is cached for one is not for everybody"
    assert "Signature" not in f"{shared.headers}"


def test_cookies_go_through_the_redirect_by_themselves(stack: Running, signer: CloudFrontSigner) -> None:
    stack.upload("private/cookies.png", COFFEE)
    resource = f"{stack.names['edge']}/*private/*"
    cookies = private_link.sign_cookies(resource, signer, time.time() + 60)
    header = "; ".join(cookie.partition(";")[0] for cookie in cookies)
    answers = follow(stack, "/40x20/private/cookies.png", Cookie=header)
    assert [answer.status for answer in answers] == [307, 200]
    assert answers[0].headers["location"].endswith("/resize/40x20/private/cookies.png")
    assert stack.get("/private/cookies.png", Cookie=header).body == COFFEE
    assert code(stack.get("/public/cookies.png", Cookie=header)) == "403 AccessDenied"


def test_a_smoke_test_needs_and_uses_cookies(
    stack: Running, signer: CloudFrontSigner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("COOKIES", raising=False)
    names = stack.names
    command = ["smoke", "--local", names["aws"], "--edge", names["edge"]]
    assert main(command) == 1
    assert "private" in capsys.readouterr().err
    cookies = private_link.sign_cookies(f"{names['edge']}/*", signer, time.time() + 300)
    monkeypatch.setenv("COOKIES", "\n".join(f"Set-Cookie: {cookie}" for cookie in cookies))
    assert main(command) == 0
    assert "FAILED" not in capsys.readouterr().out


def test_expired_altered_and_foreign_links_are_denied(stack: Running, signer: CloudFrontSigner) -> None:
    stack.upload("private/denied.png", COFFEE)
    path = "/30x20/private/denied.png"
    good = sign(stack, signer, path)
    stranger = signer_of(stack, rsa.generate_private_key(65537, 2048))
    expired = sign(stack, signer, path, -1)
    denied = [expired, sign(stack, stranger, path), good.replace("denied", "other"), good.replace("30x20", "40x20")]
    assert [code(stack.get(target)) for target in denied] == ["403 AccessDenied"] * 4
    unknown = good.replace(f"Key-Pair-Id={stack.names['key_id']}", "Key-Pair-Id=KNOBODY")
    assert code(stack.get(unknown)) == "403 UnknownKey"
    assert [answer.status for answer in follow(stack, good)] == [307, 200]
    assert code(stack.get(expired)) == "403 AccessDenied", "stored and cached for others by now"
