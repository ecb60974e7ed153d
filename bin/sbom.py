# ruff: noqa: INP001 - a program, and no package
"""Writes the software bill of materials of a function's image, in CycloneDX 1.6, to its standard output.

Usage: sbom.py FUNCTION < PACKAGES      FUNCTION is a folder of functions/; PACKAGES is what `dpkg-query` says in its
                                        image: names, versions and architectures, separated by tabs

Python's libraries come from the locked requirements, by which the image was built; Debian's packages from the image;
fonts are files of the repository.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


class UnreadableError(Exception):
    """The input is not what it should be. Its text is for the person at the terminal."""


def read_requirements(text: str) -> Iterator[Component]:
    """Yield a component for each pinned requirement; where it has one artefact only, with that one's digest."""
    for block in re.split(r"\n(?=\S)", text):
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", block)
        if match is None:
            continue
        name, version = re.sub(r"[-_.]+", "-", match[1]).lower(), match[2]
        digests = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digests[0])] if len(digests) == 1 else []
        purl = PackageURL("pypi", None, name, version)
        yield Component(name=name, version=version, purl=purl, bom_ref=str(purl), hashes=hashes)


def read_packages(text: str) -> Iterator[Component]:
    """Yield a component for each of Debian's packages. Raises UnreadableError."""
    for line in text.splitlines():
        try:
            name, version, architecture = line.split("\t")
        except ValueError:
            raise UnreadableError(f"no package of Debian: {line!r}") from None
        purl = PackageURL("deb", "debian", name, version, {"arch": architecture, "distro": "trixie"})
        yield Component(name=name, version=version, purl=purl, bom_ref=str(purl))


def read_fonts() -> Iterator[Component]:
    """Yield a component for each font of the core, which both images hold."""
    for font in sorted((ROOT / "functions" / "imaging" / "steps" / "fonts").glob("*.ttf")):
        digest = HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(font.read_bytes()).hexdigest())
        yield Component(name=font.name, type=ComponentType.FILE, bom_ref=font.name, hashes=[digest])


def write_bom(function: str, packages: str) -> str:
    """Return the bill as JSON, checked against its schema. Raises UnreadableError."""
    folders = [ROOT / "functions" / {"copy": "copier", "resize": "resizer"}[function]]
    folders += [ROOT / "functions" / "pillow"] if function == "resize" else []
    locks = [lock for folder in folders for lock in sorted(folder.glob("*.txt"))]
    components = [component for lock in locks for component in read_requirements(lock.read_text())]
    debian = list(read_packages(packages))
    if not components or not debian:
        raise UnreadableError(f"{function}: no locked requirements, or no packages")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    image = Component(name=f"{project['name']}-{function}", version=project["version"], type=ComponentType.CONTAINER)
    bom = Bom(components=[*components, *debian, *read_fonts()])
    bom.metadata.component = image
    bom.register_dependency(image, bom.components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise UnreadableError(f"the bill of materials does not match its schema:  {error}")
    return text


def main() -> int:
    """Write the bill of the function that the command line names."""
    try:
        print(write_bom(sys.argv[1], sys.stdin.read()))
    except (UnreadableError, IndexError) as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
