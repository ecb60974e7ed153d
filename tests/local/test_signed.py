"""Signed URLs through edge, website and function, in the mode that makes nothing else; their keys and their purge."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from grammar.signing import sign_path
from local.emulator.process import ROOT
from local.stack import StackOptions
from ops.__main__ import main
from ops.errors import CommandFailed
from ops.secrets import signing_key, update
from ops.stack import Aws, Target
from world import SAMPLES

from .running import Response, Running, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()
KEY, OTHER, REMOVED = "k" * 32, "o" * 32, "r" * 32
ORIGINAL = "signed/été 100%.png"
AVIF, WEBP, NEITHER = "image/avif,image/webp,*/*", "image/webp,*/*", "*/*"


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """A stack that makes signed transforms and presets, with two keys and a ladder."""
    parameters = {
        "Transforms": "signed",
        "SigningKey": KEY,
        "OtherSigningKey": OTHER,
        "Presets": "thumb:60x60,fit=cover",
        "SizeLadder": "160,320",
    }
    running, stop = start(StackOptions(parameters=parameters, environment={"copy": {"SETTLE_SECONDS": "2"}}))
    try:
        running.upload(ORIGINAL, COFFEE)
        yield running
    finally:
        stop()


def walk(stack: Running, path: str, accept: str = NEITHER) -> list[int]:
    return [answer.status for answer in stack.follow(path, Accept=accept)]


def keys(stack: Running) -> tuple[str, str]:
    """The keys of the deployed function."""
    name = f"{stack.names['stack']}-resize"
    configuration = stack.client("lambda").get_function_configuration(FunctionName=name, Qualifier="live")
    variables = configuration["Environment"]["Variables"]
    return variables["SIGNING_KEY"], variables["OTHER_SIGNING_KEY"]


def refusal(answer: Response) -> str:
    assert (answer.status, answer.headers["cache-control"]) == (403, "no-store")
    return str(json.loads(answer.body)["detail"])


@pytest.mark.parametrize(
    ("accept", "kind", "made"), [(AVIF, "avif", "avif"), (WEBP, "webp", "webp"), (NEITHER, "png", "auto")]
)
def test_one_signed_url_is_valid_for_every_browser(stack: Running, accept: str, kind: str, made: str) -> None:
    path = sign_path("60x,f=auto", ORIGINAL, KEY)
    answers = stack.follow(path, Accept=accept)
    assert [answer.status for answer in answers] == [307, 200]
    assert answers[-1].headers["content-type"] == f"image/{kind}"
    signature = path.split("s=")[1].split("/")[0]
    assert f"60x,f={made},s={signature}" in stack.rows(ORIGINAL), "the signature is a part of the storage key"
    stored = stack.get(path, Accept=accept)
    assert (stored.status, stored.body, stored.headers["vary"]) == (200, answers[-1].body, "Accept")
    assert stack.get(path, Accept=accept).cache == "Hit"


def test_any_spelling_of_a_signed_transform_is_accepted(stack: Running) -> None:
    signed = sign_path("50x,q=70", ORIGINAL, KEY)
    signature = signed.split("s=")[1].split("/")[0]
    spelled = signed.replace(f"50x,q=70,s={signature}", f"s%3D{signature},quality=70,width=50")
    assert walk(stack, spelled) == [307, 200]
    assert walk(stack, signed) == [200]


def test_unsigned_requests_are_refused_and_not_stored(stack: Running) -> None:
    path = sign_path("61x", ORIGINAL, KEY)
    unsigned = "/61x/" + path.split("/", 2)[2]
    for _ in range(2):
        answers = stack.follow(unsigned)
        assert refusal(answers[-1]) == "this deployment allows only signed transforms and presets"
    assert walk(stack, path) == [307, 200]
    assert walk(stack, unsigned)[-1] == 403, "what is stored under a signature is served to who knows it"


def test_a_signature_that_was_tampered_with_is_refused(stack: Running) -> None:
    path = sign_path("62x", ORIGINAL, KEY)
    other = sign_path("62x", "another.png", KEY).split("s=")[1].split("/")[0]
    right = path.split("s=")[1].split("/")[0]
    for wrong in (path.replace("62x", "63x"), path.replace(right, other), path.replace(right, right[:-1])):
        assert refusal(stack.follow(wrong)[-1]) == "the signature does not match this transform and this original"
    assert stack.follow(path.replace(right, right + "!"))[-1].status == 400
    assert stack.follow(sign_path("62x", ORIGINAL, REMOVED))[-1].status == 403


def test_presets_are_made_and_both_keys_count(stack: Running) -> None:
    original = sign_path("1x", ORIGINAL, KEY).split("/", 2)[2]
    assert walk(stack, f"/preset=thumb/{original}") == [307, 200]
    assert walk(stack, f"/preset=thumb/{original}") == [200], "the ladder does not change a preset"
    assert "60x60,fit=cover" in stack.rows(ORIGINAL)
    assert walk(stack, sign_path("64x", ORIGINAL, OTHER)) == [307, 200]
    assert "64x,s=" in "".join(stack.rows(ORIGINAL)), "the ladder does not change a signed size"


def test_an_original_is_served_without_a_signature(stack: Running) -> None:
    assert walk(stack, "/" + sign_path("1x", ORIGINAL, KEY).split("/", 2)[2]) == [200]


def test_a_signed_derivative_is_purged_and_made_again(stack: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    stack.upload("purged/a.png", COFFEE)
    path = sign_path("65x", "purged/a.png", KEY)
    for statuses in ([307, 200], [200], [200]):
        assert walk(stack, path) == statuses
    assert main(["purge", "--local", stack.names["aws"], "--prefix", "purged/", "--yes"]) == 0
    assert stack.etag(path.removeprefix("/")) is None
    wait_for(lambda: stack.get(path).status == 307)
    assert walk(stack, path) == [307, 200]
    assert stack.etag(path.removeprefix("/"))


def test_a_smoke_test_signs_its_requests(
    stack: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    names = stack.names
    assert main(["smoke", "--local", names["aws"], "--edge", names["edge"]]) == 0, capsys.readouterr().out
    assert "an image of 20x10,s=" in capsys.readouterr().out


def test_make_sign_prints_a_path_that_the_stack_accepts(stack: Running) -> None:
    """With the key of the deployed function, and with one of the environment."""
    command = [sys.executable, "-m", "ops", "sign", "66x,f=auto", ORIGINAL]
    assert keys(stack) == (KEY, OTHER)

    def run(arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own program
            arguments, cwd=ROOT, env=variables, capture_output=True, text=True, check=False
        )

    assert run([*command, "--local", stack.names["aws"]]).stdout.strip() == sign_path("66x,f=auto", ORIGINAL, KEY)
    assert run(command, SIGNING_KEY=OTHER).stdout.strip() == sign_path("66x,f=auto", ORIGINAL, OTHER)
    refused = run([*command[:4], "66", ORIGINAL], SIGNING_KEY=OTHER)
    assert (refused.returncode, "66" in refused.stderr) == (2, True)
    short = run(command, SIGNING_KEY="short")
    assert (short.returncode, short.stderr) == (2, "sign: the secret must have at least 32 bytes\n")


def test_a_previous_key_is_valid_beside_the_new_one_until_it_is_forgotten(
    stack: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setattr(update, "POLL_SECONDS", 0.1)
    target = Target(stack.names["stack"], Aws(stack.names["aws"]))
    local = ["--local", stack.names["aws"]]
    assert keys(stack) == (KEY, OTHER)
    assert main(["signing-key", *local]) == 0
    new, before = keys(stack)
    assert (len(new), before) == (64, KEY)
    with pytest.raises(CommandFailed, match="already"):
        signing_key.replace_key(target, new)
    monkeypatch.setenv("SIGNING_KEY", REMOVED)
    assert main(["signing-key", *local]) == 0
    assert keys(stack) == (REMOVED, new)
    assert main(["signing-key", "--forget", *local]) == 0
    assert keys(stack) == (REMOVED, "")
    for key in (OTHER, KEY):  # as the running functions have them
        assert signing_key.replace_key(target, key)
    assert keys(stack) == (KEY, OTHER)
