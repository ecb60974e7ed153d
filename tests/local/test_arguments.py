"""The command lines of the local programs."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from local import demo, watch
from local.__main__ import main as run_main
from local.arguments import Parser, read_port, read_public_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = rsa.generate_private_key(65537, 2048)


def parse(*arguments: str) -> tuple[int, int, str]:
    parser = Parser("program")
    parser.add_ports()
    parser.add_public_key()
    options = parser.parse_args(arguments)
    return options.edge_port, options.aws_port, options.public_key


def test_an_option_overrides_its_variable_which_overrides_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("EDGE_PORT", "AWS_PORT", "PUBLIC_KEY"):
        monkeypatch.delenv(variable, raising=False)
    assert parse() == (8080, 4566, "")
    monkeypatch.setenv("EDGE_PORT", "1")
    monkeypatch.setenv("AWS_PORT", "")
    assert parse() == (1, 4566, "")
    assert parse("--edge-port", "2", "--aws-port=0") == (2, 0, "")


@pytest.mark.parametrize("text", ["x", "-1", "65536", "8080 ", "٣"])
def test_anything_but_a_port_is_a_usage_error_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a port"):
        read_port(text)
    monkeypatch.setenv("EDGE_PORT", text)
    with pytest.raises(SystemExit) as ended:
        parse()
    assert ended.value.code == 2
    message = f"program: --edge-port (EDGE_PORT): {text!r} is not a port (0 to 65535; 0 is any free port)\n"
    assert capsys.readouterr().err == message


def test_a_public_key_is_read_from_its_file(tmp_path: Path) -> None:
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(pem)
    assert read_public_key(str(tmp_path / "public.pem")) == pem.decode()


@pytest.mark.parametrize("content", [None, b"", b"no key", b"\xff\xfe", "private"])
def test_a_file_without_a_public_key_is_named(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "key.pem"
    if content == "private":
        path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(ArgumentTypeError, match=r"key\.pem does not contain a public key"):
        read_public_key(str(path))


@pytest.mark.parametrize("main", [run_main, demo.main, watch.main])
def test_help_is_printed_and_nothing_is_started(
    main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: python -m local")
    with pytest.raises(SystemExit) as ended:
        main(["bogus"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(": unrecognized arguments: bogus\n")
