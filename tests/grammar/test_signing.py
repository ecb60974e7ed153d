"""The signer that applications import: its URLs are those of the vectors, and the function accepts them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grammar.errors import MalformedTransform
from grammar.path import parse_path, storage_key, unservable
from grammar.signature import verify
from grammar.signing import sign_path
from grammar.transform import MAX_BYTES
from spellings import transforms

if TYPE_CHECKING:
    from grammar.transform import Transform

ROOT = Path(__file__).parents[2]
VECTORS: list[dict[str, Any]] = json.loads((ROOT / "docs" / "signature-vectors.json").read_text(encoding="utf-8"))[
    "vectors"
]
SECRET = "s" * 32


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["asked"])
def test_a_signed_path_is_that_of_the_vectors(vector: dict[str, Any]) -> None:
    assert sign_path(vector["asked"], vector["key"], vector["secret"]) == vector["path"]
    assert sign_path(vector["transform"], vector["key"], vector["secret"]) == vector["path"]


@given(transforms, st.text(min_size=1, max_size=30))
def test_a_signed_path_is_parsed_and_verified(transform: Transform, key: str) -> None:
    assume(unservable(key) is None and len(transform.canonical) <= MAX_BYTES - 46)

    path = unquote(sign_path(transform.canonical, key, SECRET)).removeprefix("/")
    read, name = parse_path(path)

    assert (storage_key(read, name), name) == (path, key)
    assert read.signature
    plain = sign_path(read.canonical, key, SECRET)
    assert unquote(plain) == "/" + path, "signed again it is the same"
    unsigned = path.replace(f"s={read.signature}", "").split("/")[0].strip(",") or "dpr=1"
    assert verify([unsigned], key, read.signature, [SECRET])


@pytest.mark.parametrize(("length", "fits"), [(154, True), (155, False)])
def test_a_transform_has_to_leave_room_for_its_signature(length: int, *, fits: bool) -> None:
    written = "300x300,fit=cover,g=0.123:0.456,crop=0.1234:0.1234:0.1234:0.1234,bg=11223344,tint=11223344,"
    transform = (written + "border=100:11223344,q=80,v=").ljust(length, "v")
    if fits:
        assert len(sign_path(transform, "a", SECRET)) == len("/") + MAX_BYTES + len("/a") + 2 * transform.count(":")
    else:
        with pytest.raises(MalformedTransform, match="longer than 200 bytes with the signature"):
            sign_path(transform, "a", SECRET)


@pytest.mark.parametrize("transform", ["300", "preset=thumb", "q=0", "300x200/a", ""])
def test_a_malformed_transform_is_not_signed(transform: str) -> None:
    with pytest.raises(MalformedTransform):
        sign_path(transform, "a.jpg", SECRET)


@pytest.mark.parametrize("key", ["", "300x200/a.jpg", "a/", "a/../b", "k" * 801, "a\n.jpg", "\ud800"])
def test_a_key_that_no_original_has_is_not_signed(key: str) -> None:
    with pytest.raises(ValueError, match="no original can have this key"):
        sign_path("300x200", key, SECRET)


def test_the_package_signs_with_the_standard_library_alone(tmp_path: Path) -> None:
    """The wheel is built of this tree and used by a Python that has only the standard library."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path)]
    subprocess.run([*pip, *offline, str(ROOT)], check=True)  # noqa: S603 - the pip of this environment
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    modules = {name for name in names if name.endswith(".py")}
    assert "cloud_image_transcoder/signing.py" in modules
    assert "cloud_image_transcoder/py.typed" in names
    assert not [name for name in modules if not name.startswith("cloud_image_transcoder/")]
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from cloud_image_transcoder import sign_path;"
        "print(sign_path(*sys.argv[2:]))"
    )
    vector = VECTORS[0]
    arguments = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        program,
        str(wheel),
        vector["asked"],
        vector["key"],
        vector["secret"],
    ]
    answer = subprocess.run(arguments, check=True, capture_output=True, text=True)  # noqa: S603 - this Python
    assert answer.stdout.strip() == vector["path"]
