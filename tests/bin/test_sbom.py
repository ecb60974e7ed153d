"""The bill of materials: what parses the bytes of images, with the versions that the installed wheels really have."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "tools" / "sbom" / "bin" / "python"
PACKAGES = "libfreetype6\t2.13.3+dfsg-1\tamd64\nlibwebp7\t1.5.0-0.1\tamd64\n"
PARSERS = (
    *("libheif", "libde265", "libavif", "dav1d", "aom", "libjxl", "zlib-ng"),
    *("libjpeg-turbo", "libwebp", "freetype", "libtiff", "openjpeg", "lcms2"),
)
LOCKED = {
    "pillow-simd": "pillow",
    "pillow-heif": "plugins",
    "pillow-avif-plugin": "plugins",
    "pillow-jxl-plugin": "plugins",
}


@pytest.fixture(scope="module")
def codecs() -> str:
    command = [sys.executable, "-"]  # as in the image: the program comes by standard input
    source = (ROOT / "bin" / "codecs.py").read_text()
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout  # noqa: S603


@pytest.fixture(scope="module")
def versions(codecs: str) -> dict[str, str]:
    return {name: version for name, version, _ in (line.split("\t") for line in codecs.splitlines())}


def write(function: str, codecs: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "codecs"
    path.write_text(codecs)
    command = [str(PYTHON), str(ROOT / "bin" / "sbom.py"), function, str(path)]
    return subprocess.run(command, input=PACKAGES, capture_output=True, text=True, check=False)  # noqa: S603


def binary(distribution: str, pattern: str) -> bytes:
    """Return the one compiled file of a wheel with that name."""
    wheel = metadata.distribution(distribution)
    (path,) = [Path(str(wheel.locate_file(each))) for each in wheel.files or () if re.search(pattern, str(each))]
    return path.resolve().read_bytes()


def test_every_parser_of_images_has_a_version(versions: dict[str, str]) -> None:
    assert set(PARSERS) <= set(versions)
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in versions.values())


def test_the_versions_are_those_in_the_wheels(versions: dict[str, str]) -> None:
    """By the name of the library's file, or by text in its code, and not by the call that says the version."""
    heif = [path.name for path in metadata.distribution("pillow-heif").files or () if "libheif" in path.name]
    assert any(name.endswith(f".so.{versions['libheif']}") for name in heif), heif
    avif = binary("pillow-avif-plugin", r"libavif[^/]*\.so")
    for name in ("dav1d", "aom", "libavif"):
        assert versions[name].encode() in avif, name
    assert versions["libde265"].encode() in binary("pillow-heif", r"libde265[^/]*\.so")
    assert f"+libjxl-{versions['libjxl']}".encode() in binary("pillow-jxl-plugin", r"pillow_jxl\.[^/]*\.so")
    assert versions["zlib-ng"].encode() in binary("pillow-simd", r"PIL/_imaging\.[^/]*\.so")


@pytest.mark.parametrize("holder", LOCKED)
def test_the_wheels_here_are_those_of_the_image(codecs: str, holder: str) -> None:
    assert holder in {line.split("\t")[2] for line in codecs.splitlines()}
    lock = (ROOT / "functions" / "pillow" / f"{LOCKED[holder]}.txt").read_text()
    assert f"{holder}=={metadata.version(holder)} " in lock


def test_the_bill_of_resize_has_them(codecs: str, versions: dict[str, str], tmp_path: Path) -> None:
    done = write("resize", codecs, tmp_path)
    assert done.returncode == 0, done.stderr
    found = {(each["name"], each.get("version")) for each in json.loads(done.stdout)["components"]}
    assert {(name, versions[name]) for name in PARSERS} <= found
    assert ("libwebp7", "1.5.0-0.1") in found


@pytest.mark.parametrize("name", ["libheif", "libjxl", "zlib-ng"])
def test_a_bill_without_one_of_them_is_not_written(codecs: str, name: str, tmp_path: Path) -> None:
    without = "".join(line for line in codecs.splitlines(keepends=True) if not line.startswith(f"{name}\t"))
    done = write("resize", without, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"sbom: no version of {name}\n"


def test_the_copy_function_parses_no_image(codecs: str, tmp_path: Path) -> None:
    done = write("copy", codecs, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not {"libheif", "pillow-simd"} & {each["name"] for each in json.loads(done.stdout)["components"]}
