"""What the environment may tell `make run`, and what is said of what can't be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local.session import UnusableKeyError, read_public_key, run_session

if TYPE_CHECKING:
    from pathlib import Path

KEY = rsa.generate_private_key(65537, 2048)


def test_nothing_is_private_unless_a_file_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PUBLIC_KEY", raising=False)
    assert read_public_key("PUBLIC_KEY") == ""
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(pem)
    monkeypatch.setenv("PUBLIC_KEY", str(tmp_path / "public.pem"))
    assert read_public_key("PUBLIC_KEY") == pem.decode()


@pytest.mark.parametrize("content", [None, b"", b"no key", b"\xff\xfe", "private"])
def test_a_file_that_holds_no_public_key_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | str | None
) -> None:
    path = tmp_path / "key.pem"
    if content == "private":
        path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    monkeypatch.setenv("PUBLIC_KEY", str(path))
    with pytest.raises(UnusableKeyError, match=r"PUBLIC_KEY=.*key\.pem is no public key"):
        read_public_key("PUBLIC_KEY")


def test_an_unusable_key_ends_the_program_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def program() -> int:
        raise UnusableKeyError("PUBLIC_KEY=x is no public key in PEM")

    assert run_session(program) == 1
    assert capsys.readouterr().err == "PUBLIC_KEY=x is no public key in PEM\n"
